"""tf.gfile, tf.io.gfile."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable
from typing import Any

from tests.api.programs import results


def in_folder(act: Callable[[Any, str], Any]) -> Callable[[Any], Any]:
    """A program that works in an empty folder."""

    def run(tf: Any) -> Any:
        folder = tempfile.mkdtemp()
        try:
            return act(tf, folder)
        finally:
            shutil.rmtree(folder)

    run.__name__, run.__module__ = act.__name__, act.__module__
    return results(run)


def refused(tf: Any, act: Callable[[], Any], folder: str = "\0") -> Any:
    """The class and text of the error."""
    try:
        return act()
    except (tf.errors.OpError, TypeError, ValueError) as error:
        text = getattr(error, "message", str(error))
        return [type(error).__name__, text.replace(folder, "FOLDER")]


@in_folder
def reading_and_writing(tf: Any, folder: str) -> Any:
    path = os.path.join(folder, "a.txt")
    found = []
    with tf.gfile.GFile(path, "w") as file:
        file.write("one\ntwö\n")
        file.write(b"three")
        found.append(file.tell())
    with tf.gfile.Open(path) as file:
        found += [file.readline(), file.tell(), file.read(4), file.read(), file.read(), file.size()]
        file.seek(1)
        found.append(file.read(2))
        file.seek(-5, 2)
        found.append(file.readline())
        file.seek(position=0)
        file.seek(4, whence=1)
        found.append(file.readlines())
    with tf.gfile.FastGFile(path, "rb") as file:
        found += [list(file), file.name == path, file.mode, file.seekable()]
    with tf.io.gfile.GFile(path, "a") as file:
        file.write("\nfour")
        file.flush()
        found.append(tf.gfile.GFile(path).read())
    with tf.gfile.GFile(path, "a+") as file:
        found.append(file.read(3))
        file.write("!")
    with tf.gfile.GFile(path, "r+") as file:
        found.append(file.readline())
        file.write("new")
    found.append(tf.gfile.GFile(path, "r").read())
    with tf.gfile.GFile(os.path.join(folder, "never"), "w"):
        pass
    found.append(tf.gfile.Exists(os.path.join(folder, "never")))
    return found


@in_folder
def files_that_are_wrong(tf: Any, folder: str) -> Any:
    path = os.path.join(folder, "a")
    tf.gfile.GFile(os.path.join(folder, "b"), "w").write("x")
    return [
        refused(tf, lambda: tf.gfile.GFile(path).read(), folder),
        refused(tf, lambda: tf.gfile.GFile(path).size(), folder),
        refused(tf, lambda: tf.gfile.GFile(path, "w").read(), folder),
        refused(tf, lambda: tf.gfile.GFile(path, "r").write("x"), folder),
        refused(tf, lambda: tf.gfile.GFile(path, "x"), folder),
        refused(tf, lambda: tf.gfile.GFile(os.path.join(path, "c"), "w").write("x"), folder),
        refused(tf, lambda: tf.gfile.GFile(os.path.join(folder, "b"), "r").seek(), folder),
        refused(tf, lambda: tf.gfile.GFile(os.path.join(folder, "b")).seek(1, position=1), folder),
        refused(tf, lambda: tf.gfile.GFile(os.path.join(folder, "b")).seek(1, 3), folder),
        refused(tf, lambda: tf.gfile.GFile("nope://x/y").read())[0],
        refused(tf, lambda: tf.gfile.Exists("nope://x/y"))[0],
    ]


@in_folder
def folders(tf: Any, folder: str) -> Any:
    deep = os.path.join(folder, "x", "y", "z")
    tf.gfile.MakeDirs(deep)
    tf.gfile.MakeDirs(deep)
    tf.gfile.MkDir(os.path.join(folder, "w"))
    for name in ("x/1.txt", "x/2.txt", "x/y/3.bin"):
        with tf.gfile.GFile(os.path.join(folder, name), "w") as file:
            file.write(name)
    found: list[Any] = [
        sorted(tf.gfile.ListDirectory(os.path.join(folder, "x"))),
        sorted(
            os.path.relpath(p, folder).replace(os.sep, "/")
            for p in tf.gfile.Glob(os.path.join(folder, "x", "?.*"))
        ),
        tf.gfile.Glob(os.path.join(folder, "none*")),
        sorted(
            os.path.relpath(p, folder).replace(os.sep, "/")
            for p in tf.io.gfile.glob([os.path.join(folder, "w"), os.path.join(folder, "x/[1y]*")])
        ),
        tf.gfile.IsDirectory(deep),
        tf.gfile.IsDirectory(os.path.join(folder, "x/1.txt")),
        tf.gfile.IsDirectory(os.path.join(folder, "nothing")),
        tf.gfile.Exists(deep),
        tf.gfile.Stat(os.path.join(folder, "x/1.txt")).length,
        tf.gfile.Stat(deep).is_directory,
        tf.gfile.Stat(os.path.join(folder, "x/1.txt")).mtime_nsec > 1e18,
    ]
    for in_order in (True, False):
        found.append(
            [
                (os.path.relpath(top, folder).replace(os.sep, "/"), sorted(folders), sorted(files))
                for top, folders, files in tf.gfile.Walk(folder, in_order)
            ]
        )
        found[-1].sort(key=lambda item: item[0].count("/"))
    found.append(list(tf.gfile.Walk(os.path.join(folder, "nothing"))))
    one, two = os.path.join(folder, "x/1.txt"), os.path.join(folder, "x/2.txt")
    found += [
        refused(tf, lambda: tf.gfile.Copy(one, two), folder)[0],
        tf.gfile.Copy(one, two, overwrite=True),
        tf.gfile.GFile(two).read(),
        refused(tf, lambda: tf.gfile.Copy(one, os.path.join(folder, "no/2.txt")), folder),
        refused(tf, lambda: tf.gfile.Copy(os.path.join(folder, "no/1.txt"), two, True), folder),
        refused(tf, lambda: tf.gfile.Rename(one, two), folder)[0],
        tf.gfile.Rename(one, two, overwrite=True),
        tf.gfile.Exists(one),
        refused(tf, lambda: tf.gfile.Rename(one, two, True), folder),
        refused(tf, lambda: tf.gfile.Copy(one, two, True), folder)[0],
        refused(tf, lambda: tf.gfile.Remove(one), folder),
        tf.gfile.Remove(two),
        refused(tf, lambda: tf.gfile.Remove(deep), folder),
        tf.gfile.MkDir(deep),
        refused(tf, lambda: tf.gfile.MkDir(os.path.join(folder, "p", "q")), folder),
        refused(tf, lambda: tf.gfile.ListDirectory(os.path.join(folder, "p")), folder),
        refused(tf, lambda: tf.gfile.Stat(os.path.join(folder, "p")), folder),
        tf.gfile.DeleteRecursively(os.path.join(folder, "x")),
        refused(tf, lambda: tf.gfile.DeleteRecursively(os.path.join(folder, "x")), folder)[0],
        sorted(tf.gfile.ListDirectory(folder)),
        tf.io.gfile.join("a", "b", "/c"),
        tf.io.gfile.join("gs://a/b", "c"),
    ]
    return found


@in_folder
def patterns(tf: Any, folder: str) -> Any:
    """The files that match, in the current folder and in others; TensorFlow gives them in the system's order."""
    for name in ("p0", "p1", "q.txt", ".hidden", "p[2", "a/p2", "a/.h", "a/b/p3", "a/c/p3"):
        path = os.path.join(folder, name)
        tf.gfile.MakeDirs(os.path.dirname(path))
        with tf.gfile.GFile(path, "w") as file:
            file.write("n\n1\n")

    def listed(pattern: Any) -> list[str]:
        iterator = tf.data.make_initializable_iterator(
            tf.data.Dataset.list_files(pattern, shuffle=False)
        )
        following = iterator.get_next()
        found = []
        with tf.Session() as session:
            session.run(iterator.initializer)
            try:
                while True:
                    found.append(session.run(following).decode())
            except tf.errors.OutOfRangeError:
                return found

    before = os.getcwd()
    os.chdir(folder)
    try:
        found = [
            sorted(tf.io.gfile.glob(pattern))
            for pattern in (
                *(
                    "*",
                    "**",
                    "p*",
                    "p0",
                    "./p*",
                    "nothing",
                    "n*",
                    "",
                    "?0",
                    "q.*",
                    ".*",
                    "./././p?",
                ),
                *(
                    "a",
                    "a/",
                    "a/*",
                    "a/.*",
                    "*/",
                    "a/*/",
                    "*/p2",
                    "*/*",
                    "*/*/p3",
                    "a/*/p3",
                    "a/*/",
                ),
                *(
                    "a//p2",
                    "a//p*",
                    ".//p*",
                    "./a/../p*",
                    "a/./p*",
                    "*/../p*",
                    "p0/",
                    "p0/*",
                    "x/*",
                ),
                *(
                    "[p]0",
                    "[!p]*",
                    "[^p]*",
                    "p[01]",
                    "p[0-1]",
                    "p[1-0]",
                    "[]p]0",
                    "p[",
                    "p[2",
                    "*[*",
                ),
                *("a[/]p2", "p[!0]", "p[-0]", "p[0-]", "{p0,p1}", "[q-].t[x-z]t"),
            )
        ]
        found += [listed(pattern) for pattern in ("p?", "./p?", "a/*", "*/p2", ["a/*", "p*"], "p0")]
        with tf.Graph().as_default() as graph:
            table = tf.data.experimental.make_csv_dataset("p?", 2, shuffle=False, num_epochs=1)
            tf.data.make_initializable_iterator(table)
        constants = [
            list(node.attr["value"].tensor.string_val)
            for node in graph.as_graph_def().node
            if node.op == "Const"
        ]
        return [*found, [names for names in constants if b"./p0" in names]]
    finally:
        os.chdir(before)


if os.sep == "/":

    @in_folder
    def patterns_with_backslashes(tf: Any, folder: str) -> Any:
        """A wildcard after a backslash is a character."""
        for name in ("[x]", "d\\e", "*s", "p0"):
            with tf.gfile.GFile(os.path.join(folder, name), "w") as file:
                file.write(name)
        return [
            [os.path.basename(path) for path in sorted(tf.gfile.Glob(os.path.join(folder, name)))]
            for name in (
                "\\[x\\]",
                "[x]",
                "d\\\\e",
                "d\\*",
                "\\*s",
                "[\\]x]0",
                "\\p0",
                "p0\\",
                "d[\\\\]e",
            )
        ]


@in_folder
def written_by_operations(tf: Any, folder: str) -> Any:
    """Folders are made, files replaced; what cannot be written is refused."""
    path = os.path.join(folder, "a", "b", "c.txt")
    text = tf.placeholder(tf.string)
    writes = [tf.write_file(path, text), tf.io.write_file(path + "2", tf.constant("two"), name="w")]
    below = tf.write_file(os.path.join(path, "d"), "x")
    onto = tf.write_file(os.path.dirname(path), "x")
    found = [[operation.name for operation in writes]]
    with tf.Session() as session:
        for value in (b"first, long", b"\xff\n\x00"):
            session.run(writes, {text: value})
            with open(path, "rb") as file:
                found.append(list(file.read()))
        found.append(session.run(tf.read_file(path + "2")))
        for wrong in (below, onto):
            try:
                session.run(wrong)
            except tf.errors.OpError as error:
                found.append(type(error).__name__)
    return found


@in_folder
def now(tf: Any, folder: str) -> Any:
    with tf.Session() as session:
        first, second = (session.run(tf.timestamp()) for _ in range(2))
    written = os.path.join(folder, "a")
    with open(written, "w"):
        pass
    return [str(first.dtype), bool(first <= second), abs(os.stat(written).st_mtime - second) < 60]
