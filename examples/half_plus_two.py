"""The smallest module: y = x / 2 + 2.

python examples/half_plus_two.py FOLDER
"""

from __future__ import annotations

import sys

import minihub as hub
import minihub_runtime as tf


def half_plus_two() -> None:
    """Two variables, one input, one output."""
    a = tf.get_variable("a", initializer=0.5)
    b = tf.get_variable("b", initializer=2.0)
    x = tf.placeholder(tf.float32, [None], name="x")
    hub.add_signature(inputs=x, outputs=a * x + b)


def main(folder: str) -> None:
    """Define the module, fill its variables, write it, and read it again."""
    spec = hub.create_module_spec(half_plus_two)
    with tf.Graph().as_default():
        module = hub.Module(spec)
        with tf.Session() as session:
            session.run(tf.global_variables_initializer())
            module.export(folder, session)

    print(hub.load(folder)([1.0, 2.0, 3.0]))


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(sys.argv[1])
