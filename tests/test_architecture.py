"""Who may import whom, and that no file imports what a light start must not."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]

#: Each may import those before it, and itself; a tuple is one level whose parts may import each other.
LAYERS: tuple[tuple[str, ...], ...] = (
    ("errors", "garbage", "versions"),
    ("blas", "dtypes", "files"),
    ("threads",),
    ("shapes",),
    ("protos", "values"),
    ("codec",),
    ("checkpoint", "text"),
    ("ops",),
    ("passes", "graph"),
    ("autodiff", "engine"),
    ("api",),
    ("train",),
)
LEVEL = {name: level for level, names in enumerate(LAYERS) for name in names}
#: A static shape as TF1 shows it; it stands with the API, and describes signatures too.
RUNTIME_ONLY_TYPING = "TYPE_CHECKING"


def sources(package: str) -> list[Path]:
    return sorted((ROOT / package).rglob("*.py"))


def imports(path: Path) -> set[str]:
    """The modules a file imports, at any depth of it, but for type checkers."""
    found: set[str] = set()
    tree = ast.parse(path.read_text(encoding="utf-8"))
    guarded = {
        id(inner)
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and RUNTIME_ONLY_TYPING in ast.dump(node.test)
        for inner in ast.walk(node)
    }
    for node in ast.walk(tree):
        if id(node) in guarded:
            continue
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module)
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
    return found


def layer(module: str) -> str | None:
    parts = module.split(".")
    return (
        parts[1] if parts[0] == "minihub_runtime" and len(parts) > 1 and parts[1] in LEVEL else None
    )


@pytest.mark.parametrize("path", sources("minihub_runtime"), ids=lambda p: str(p.relative_to(ROOT)))
def test_runtime_layers_hold(path: Path) -> None:
    own = path.relative_to(ROOT / "minihub_runtime").parts[0].removesuffix(".py")
    if own not in LEVEL:
        return
    for module in imports(path):
        assert not module.startswith("minihub."), f"the runtime must not import {module}"
        target = layer(module)
        if target is not None:
            assert LEVEL[target] <= LEVEL[own], f"{own} must not import {target}"


@pytest.mark.parametrize("package", ["minihub", "minihub_runtime"])
def test_nothing_imports_tensorflow(package: str) -> None:
    for path in sources(package):
        roots = {module.split(".")[0] for module in imports(path)}
        assert not roots & {"tensorflow", "tensorflow_hub", "scipy"}, path


def test_every_family_is_listed() -> None:
    from minihub_runtime.ops import FAMILIES

    folder = ROOT / "minihub_runtime" / "ops"
    registering = {
        path.stem
        for path in folder.glob("*.py")
        if path.stem not in ("registry", "__init__", "__main__")
        and "op(" in path.read_text(encoding="utf-8")
        and "import" in path.read_text(encoding="utf-8")
        and any(m.startswith("minihub_runtime.ops.registry.op") for m in imports(path))
    }
    assert registering <= set(FAMILIES), registering - set(FAMILIES)
    assert len(set(FAMILIES)) == len(FAMILIES)
