"""A module with several signatures, which share its variables.

    python examples/fruit_to_pet.py FOLDER

`fruit_to_pet` takes two inputs and gives two outputs, by name; the default signature is for those who want one of each.
"""

from __future__ import annotations

import sys
from typing import Any

import minihub as hub
import minihub_runtime as tf

#: How much of a cat and of a dog there is in an apple and in an orange.
MIXTURE = [[0.75, 0.25], [0.1, 0.9]]


def fruit_to_pet() -> None:
    """Fruit is mixed into pets."""
    mixture = tf.get_variable("mixture", initializer=tf.constant(MIXTURE))

    def pets(apples: Any, oranges: Any) -> dict[str, Any]:
        mixed = tf.matmul(tf.stack([apples, oranges], axis=1), mixture)
        cats, dogs = tf.unstack(mixed, axis=1)
        return {"cats": cats, "dogs": dogs}

    apples = tf.placeholder(tf.float32, [None], name="apples")
    oranges = tf.placeholder(tf.float32, [None], name="oranges")
    hub.add_signature("fruit_to_pet", {"apples": apples, "oranges": oranges}, pets(apples, oranges))
    hub.add_signature(inputs=apples, outputs=pets(apples, tf.zeros_like(apples))["cats"])


def main(folder: str) -> None:
    """Write the module, and apply both signatures in a graph."""
    with tf.Graph().as_default():
        module = hub.Module(hub.create_module_spec(fruit_to_pet))
        with tf.Session() as session:
            session.run(tf.global_variables_initializer())
            module.export(folder, session)

    with tf.Graph().as_default():
        module = hub.Module(folder)
        fruit = {"apples": [4.0, 0.0], "oranges": [0.0, 10.0]}
        outputs = module(fruit, signature="fruit_to_pet", as_dict=True)
        cats_of_apples = module([4.0])
        with tf.Session() as session:
            session.run(tf.global_variables_initializer())
            found = session.run({**outputs, "cats of apples": cats_of_apples})
    for name, value in sorted(found.items()):
        print(f"{name}: {value}")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(sys.argv[1])
