"""`minihub finetune`: learn to tell classes or numbers on top of a module, and write the module that can.

DATA is a table with a header (.csv, .tsv), a .jsonl file, or a folder with one folder of images per class.  The module's
features are computed once and a head learns on them; with --train-module the module learns as well.  What is written is
the module with one more signature; its folder is there as a whole at the end, or not at all.
"""

from __future__ import annotations

import argparse
import dataclasses
import sys
from typing import Any

from minihub.cli.console import print_json, width
from minihub.cli.failures import OK, UsageError
from minihub.cli.layout import count_text, table

__all__ = ["add_arguments", "run"]

#: Version of what --json prints.
FORMAT = 1

_OPTIMIZERS = ("adagrad", "adam", "ftrl", "momentum", "rmsprop", "sgd")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of this command."""
    parser.add_argument("handle", metavar="HANDLE", help="the module")
    parser.add_argument("data", metavar="DATA", help=".csv, .tsv, .jsonl or folder of images")
    parser.add_argument("--out", metavar="DIR", required=True, help="the folder to write")
    parser.add_argument("--json", action="store_true", help="print JSON, as docs/cli.md says")
    data = parser.add_argument_group("data")
    data.add_argument(
        "--label", metavar="COLUMN", default="label", help="column of the labels (default label)"
    )
    data.add_argument(
        "--input",
        metavar="[NAME=]COLUMN",
        action="append",
        help="column of an input; may be repeated (default: the column of its name, or the only other one)",
    )
    data.add_argument(
        "--task",
        choices=["classification", "regression"],
        help="what labels are (default: numbers with a fraction in a .jsonl are regressed, all else is classified)",
    )
    data.add_argument(
        "--validation",
        metavar="SHARE|FILE",
        default="0.2",
        help="share of the examples to hold back, or other data to validate on (default 0.2)",
    )
    module = parser.add_argument_group("module")
    module.add_argument("--signature", metavar="NAME", help="signature whose output is learnt from")
    module.add_argument("--output", metavar="NAME", help="which output of it")
    module.add_argument(
        "--name", metavar="NAME", help="name of the new signature (default: the task)"
    )
    module.add_argument("--train-module", action="store_true", help="train the module as well")
    training = parser.add_argument_group("training")
    training.add_argument(
        "--hidden-units", metavar="N,N", default="", help="widths of hidden layers (default none)"
    )
    training.add_argument("--dropout", metavar="SHARE", type=float, default=0.0, help="default 0")
    training.add_argument("--epochs", metavar="N", type=int, default=30, help="default 30")
    training.add_argument("--batch-size", metavar="N", type=int, default=32, help="default 32")
    training.add_argument("--optimizer", choices=_OPTIMIZERS, default="adam", help="default adam")
    training.add_argument(
        "--learning-rate", metavar="R", type=float, help="default 0.003, with --train-module 0.0003"
    )
    training.add_argument(
        "--class-weights",
        metavar="balanced|CLASS=W,…",
        help="weights of classes in the loss; balanced: the fewer examples, the more",
    )
    training.add_argument(
        "--patience",
        metavar="N",
        type=int,
        default=5,
        help="stop after N epochs without a smaller validation loss; 0 to go on to the end (default 5)",
    )
    training.add_argument("--seed", metavar="N", type=int, default=0, help="default 0")
    training.add_argument(
        "--checkpoint-dir",
        metavar="DIR",
        help="keep the training there after each epoch; the same command goes on from there",
    )
    training.add_argument(
        "--curves", metavar="FILE", help="draw loss and score by epoch as a .png, .svg or .pdf"
    )


def run(options: argparse.Namespace) -> int:
    """Run the command."""
    from minihub.binding import choose_signature
    from minihub.cli.modules import complete, locate
    from minihub.export import check_free
    from minihub.finetuning import finetune
    from minihub.finetuning.checkpoints import epochs_in
    from minihub.finetuning.curves import check_picture, write_curves
    from minihub.spec import load_module_spec

    hidden, weights, columns = _hidden(options), _class_weights(options), _columns(options)
    share = _share(options.validation)
    # What would be found out only after the work is found out before it.
    check_free(options.out)
    if options.curves is not None:
        check_picture(options.curves)
    path = locate(options)
    with complete(path):
        spec = load_module_spec(path)
    signature = choose_signature(spec.get_signature_names(), options.signature)
    infos = spec.get_input_info_dict(signature)
    features, labels = _read(options, options.data, infos, columns)
    validation: Any = share
    if share is None:
        validation = _read(options, options.validation, infos, columns)
    if isinstance(weights, dict):
        # Classes that are numbers are typed as text, too.
        kinds = {str(int(v)): v for v in labels if isinstance(v, int)}
        weights = {kinds.get(name, name): weight for name, weight in weights.items()}
    done = 0 if options.checkpoint_dir is None else epochs_in(options.checkpoint_dir)
    if done and not options.json:
        print(f"going on after epoch {done}, kept in {options.checkpoint_dir}", file=sys.stderr)
    shown = _Course(options.epochs, quiet=options.json)
    try:
        tuned = finetune(
            path,
            features,
            labels,
            out=options.out,
            task=options.task,
            signature=signature,
            output=options.output,
            train_module=options.train_module,
            hidden_units=hidden,
            dropout=options.dropout,
            validation=validation,
            epochs=options.epochs,
            batch_size=options.batch_size,
            optimizer=options.optimizer,
            learning_rate=options.learning_rate,
            class_weights=weights,
            patience=options.patience or None,
            seed=options.seed,
            name=options.name,
            checkpoint_dir=options.checkpoint_dir,
            on_epoch=shown.epoch,
            on_progress=shown.progress,
        )
    except KeyboardInterrupt:
        shown.close()
        print(_interrupted(options.checkpoint_dir), file=sys.stderr)
        raise
    finally:
        shown.close()
    if options.curves is not None:
        write_curves(tuned.history, options.curves, best=tuned.best_epoch)
    if options.json:
        history = [dataclasses.asdict(epoch) for epoch in tuned.history]
        for epoch in history:
            del epoch["seconds"]
        print_json(
            {
                "format": FORMAT,
                "path": options.out,
                "task": tuned.task,
                "signature": tuned.signature,
                "classes": tuned.classes,
                "best_epoch": tuned.best_epoch,
                "history": history,
                "metrics": tuned.metrics,
            }
        )
        return OK
    _print_result(tuned)
    print(options.out)
    return OK


def _interrupted(folder: str | None) -> str:
    """What is left of a training that was interrupted, and how to go on."""
    from minihub.finetuning.checkpoints import epochs_in
    from minihub.finetuning.kept_features import rows_in

    if folder is None:
        return "minihub: no module was written; with --checkpoint-dir DIR a training can be gone on with"
    done = epochs_in(folder)
    rows = rows_in(folder)
    if not done and not rows:
        return f"minihub: no module was written, and nothing was over to be kept in {folder}"
    if not done:
        return (
            f"minihub: no module was written; the features of {count_text(rows, 'example')} are kept in {folder}. The same "
            "command goes on from there"
        )
    return (
        f"minihub: no module was written; {count_text(done, 'epoch')} of the training {'is' if done == 1 else 'are'} kept in "
        f"{folder}. The same command goes on from there; with --epochs {done} it writes the best module so far"
    )


def _print_result(tuned: Any) -> None:
    from minihub.finetuning.curves import sparkline

    held = [epoch.validation_loss for epoch in tuned.history]
    print(f"loss        {sparkline([epoch.loss for epoch in tuned.history])}")
    if None not in held:
        print(f"validation  {sparkline(held)}")
    metrics = dict(tuned.metrics)
    examples = count_text(metrics.pop("examples"), f"{metrics.pop('on')} example")
    print(
        f"\nepoch {tuned.best_epoch} of {len(tuned.history)} is kept; its scores on {examples}:\n"
    )
    classes, confusion = metrics.pop("classes", []), metrics.pop("confusion", None)
    rows = [[name.replace("_", " "), f"{value:.4g}"] for name, value in metrics.items()]
    print(table(rows, width=width(), indent=2, right=[1]))
    if classes:
        header = ["class", "precision", "recall", "f1", "examples"]
        rows = [
            [
                str(line["label"]),
                *(f"{line[key]:.3f}" for key in ("precision", "recall", "f1")),
                str(line["examples"]),
            ]
            for line in classes
        ]
        if confusion is not None:
            header.append("taken for")
            labels = [line["label"] for line in classes]
            for number, counts in enumerate(confusion):
                rows[number].append(_mistakes(counts, number, labels))
        print()
        print(table(rows, header, width=width(), indent=2, right=[1, 2, 3, 4]))
    print()


def _mistakes(counts: list[int], number: int, labels: list[Any]) -> str:
    """The classes that examples of one class were taken for, the most frequent first."""
    wrong = sorted(
        (-count, other) for other, count in enumerate(counts) if count and other != number
    )
    shown = [f"{labels[other]} {-count}" for count, other in wrong[:3]]
    return ", ".join([*shown, "…"] if len(wrong) > len(shown) else shown)


class _Course:
    """What is told on standard error while work goes on: a line that is drawn over, and one for each epoch."""

    def __init__(self, epochs: int, *, quiet: bool) -> None:
        self._epochs = epochs
        self._quiet = quiet
        self._bar: Any = None
        self._phase = ""

    def progress(self, phase: str, done: int, total: int) -> None:
        """`done` of `total` examples have gone through a phase."""
        from minihub.resolve.progress import Progress

        if self._bar is None or phase != self._phase or done < self._bar.done:
            self.close()
            self._phase = phase
            self._bar = Progress(phase, total, show=lambda count: f"{count:.0f}")
        self._bar.advance(done - self._bar.done)

    def epoch(self, epoch: Any) -> None:
        """An epoch is over."""
        self.close()
        if self._quiet:
            return
        parts = [f"epoch {epoch.number:{len(str(self._epochs))}}/{self._epochs}"]
        parts.append(f"loss {epoch.loss:.4f}")
        if epoch.validation_loss is not None:
            parts += [f"validation {epoch.validation_loss:.4f}", f"score {epoch.score:.3f}"]
        print("  ".join([*parts, f"{epoch.seconds:.1f} s"]), file=sys.stderr)

    def close(self) -> None:
        """End the line that is drawn over."""
        if self._bar is not None:
            self._bar.close()
            self._bar = None


def _read(options: argparse.Namespace, path: str, infos: Any, columns: dict[str, str]) -> Any:
    """Features and labels of a file, a folder of images, or a table."""
    from minihub.finetuning.files import read_examples

    if "" in columns:
        if len(infos) != 1:
            raise UsageError(
                f"--input must be NAME=COLUMN, as there are the inputs {sorted(infos)}"
            )
        columns = {next(iter(infos)): columns[""]}
    return read_examples(path, infos, label=options.label, columns=columns)


def _columns(options: argparse.Namespace) -> dict[str, str]:
    """Input → column; the input is empty where it is not named."""
    columns: dict[str, str] = {}
    for text in options.input or ():
        name, equals, column = text.partition("=")
        if not equals:
            name, column = "", text
        if column == options.label:
            raise UsageError(f"--input must not be the column of the labels, {column!r}")
        if not column or name in columns or (columns and "" in (name, *columns)):
            raise UsageError(f"--input must be NAME=COLUMN, once for each input, not {text!r}")
        columns[name] = column
    return columns


def _share(text: str) -> float | None:
    """The share of the examples to validate on, None if it is a file."""
    try:
        share = float(text)
    except ValueError:
        return None
    if not 0.0 <= share < 1.0:
        raise UsageError(f"--validation must be a share in [0, 1) or a file, not {text}")
    return share


def _hidden(options: argparse.Namespace) -> list[int]:
    try:
        return [int(part) for part in options.hidden_units.split(",") if part.strip()]
    except ValueError:
        raise UsageError(
            f"--hidden-units must be numbers with commas between them, not {options.hidden_units!r}"
        ) from None


def _class_weights(options: argparse.Namespace) -> Any:
    text = options.class_weights
    if text is None or "=" not in text:
        return text
    weights: dict[str, float] = {}
    for part in text.split(","):
        name, _, weight = part.rpartition("=")
        if name in weights:
            raise UsageError(f"--class-weights must weigh class {name!r} once")
        try:
            weights[name] = float(weight)
        except ValueError:
            raise UsageError(f"--class-weights must be CLASS=WEIGHT, not {part!r}") from None
    return weights
