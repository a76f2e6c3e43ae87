"""The habits of the house, checked by machine: linters, types, layers, what a clone may hold."""

import ast
import os
import re
import shutil
import subprocess
import sys
import tomllib
import zipfile
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]
PACKAGE = REPOSITORY / "est_pipeline"
MODULES = sorted(PACKAGE.rglob("*.py"))
SCRIPTS = Path(sys.executable).parent

LARGEST_FILE_BYTES = 500_000
DRAWERS = {"util", "utils", "helper", "helpers", "common", "misc"}
REGISTRY_HOST = re.compile(
    r"pypi\.org|pythonhosted\.org|npmjs\.(?:org|com)|crates\.io|deb\.debian\.org"
)
MACHINE_PATH = re.compile(r"(?:^|[^\w.])/(?:work|farm|root)/", re.MULTILINE)
CLOCK_CALLS = {"now", "today", "utcnow", "localtime", "gmtime", "time_ns"}
SQL_CLOCK = re.compile(
    r"\b(?:now|today|get_current_\w+)\s*\(|\b(?:current_(?:date|time|timestamp)|localtime(?:stamp)?)\b",
    re.IGNORECASE,
)


def run_tool(*command: str) -> None:
    """Runs a tool of this environment in the repository; its words are the failure message."""
    done = subprocess.run(
        [sys.executable, "-m", *command],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
        env={**os.environ, "PYTHONUTF8": "1", "NO_COLOR": "1"},
    )
    if done.returncode != 0:
        pytest.fail(f"{' '.join(command)}\n{done.stdout}{done.stderr}", pytrace=False)


def git(*arguments: str) -> str:
    """The output of a git command in the repository; skips where there is no git checkout."""
    if shutil.which("git") is None:
        pytest.skip("git is not installed, so the tracked files are not known")
    done = subprocess.run(
        # A checkout that another user owns, as in a container, is read all the same.
        ["git", "-c", f"safe.directory={REPOSITORY.as_posix()}", *arguments],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )
    if done.returncode != 0:
        pytest.skip("not a git checkout, so the tracked files are not known")
    return done.stdout


@pytest.fixture(scope="module")
def tracked_files() -> list[Path]:
    top = Path(git("rev-parse", "--show-toplevel").strip())
    if not top.samefile(REPOSITORY):
        pytest.skip("this copy lies inside another project's git checkout")
    names = git("ls-files", "-z").split("\0")
    return [REPOSITORY / name for name in names if name and (REPOSITORY / name).is_file()]


@pytest.fixture(scope="module")
def tracked_texts(tracked_files: list[Path]) -> dict[str, str]:
    texts = {}
    for path in tracked_files:
        content = path.read_bytes()
        if b"\0" not in content:
            name = path.relative_to(REPOSITORY).as_posix()
            texts[name] = content.decode("utf-8", errors="replace")
    return texts


# --- the tools -----------------------------------------------------------------------------------


def test_ruff_finds_nothing() -> None:
    run_tool("ruff", "check", ".")


def test_ruff_would_format_nothing() -> None:
    run_tool("ruff", "format", "--check", ".")


def test_mypy_finds_nothing() -> None:
    run_tool("mypy")


def test_imports_go_down_the_list_of_rooms() -> None:
    executable = shutil.which("lint-imports", path=str(SCRIPTS))
    assert executable, "import-linter is missing: install the dev extra"
    done = subprocess.run(
        [executable],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
        env={**os.environ, "PYTHONUTF8": "1", "NO_COLOR": "1"},
    )
    if done.returncode != 0:
        pytest.fail(f"{done.stdout}{done.stderr}", pytrace=False)


# --- what the repository may hold ----------------------------------------------------------------


def test_no_tracked_file_is_large(tracked_files: list[Path]) -> None:
    large = [str(p) for p in tracked_files if p.stat().st_size > LARGEST_FILE_BYTES]
    assert large == []


@pytest.mark.parametrize("pattern", [REGISTRY_HOST, MACHINE_PATH], ids=["registry", "machine-path"])
def test_no_tracked_file_names_a_machine(
    tracked_texts: dict[str, str], pattern: re.Pattern[str]
) -> None:
    found = [
        f"{name}: {match[0].strip()}"
        for name, text in tracked_texts.items()
        for match in pattern.finditer(text)
    ]
    assert found == []


def test_no_workspace_content_is_tracked(tracked_files: list[Path]) -> None:
    rooms = (
        "data/inkorg",
        "data/kvitton",
        "data/karantan",
        "data/arkiv",
        "data/lager",
        "data/gallring",
        "reports",
    )
    names = [path.relative_to(REPOSITORY).as_posix() for path in tracked_files]
    content = [
        name
        for name in names
        if name.startswith(tuple(f"{room}/" for room in rooms)) and not name.endswith("LAS-MIG.txt")
    ]
    assert content == []


def test_wheel_holds_every_file_of_the_package(tracked_files: list[Path], tmp_path: Path) -> None:
    run_tool("hatchling", "build", "-t", "wheel", "-d", str(tmp_path))
    (wheel,) = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        inside = set(archive.namelist())
    expected = {
        path.relative_to(REPOSITORY).as_posix()
        for path in tracked_files
        if path.is_relative_to(PACKAGE)
    }
    assert expected - inside == set()


# --- how the package is written ------------------------------------------------------------------


def test_no_module_is_a_drawer_or_hides_the_standard_library() -> None:
    # A module inside the package cannot hide a standard one, but a reader takes it for that one.
    names = {path.parent.name if path.stem == "__init__" else path.stem for path in MODULES}
    assert names & DRAWERS == set()
    assert names & set(sys.stdlib_module_names) - {"__main__"} == set()


def clock_reads(tree: ast.AST) -> list[int]:
    """Lines that call a clock: datetime.now(), date.today(), time.time() and their kin."""
    lines = []
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        function = node.func
        if isinstance(function, ast.Attribute):
            is_time_time = (
                function.attr == "time"
                and isinstance(function.value, ast.Name)
                and function.value.id == "time"
            )
            if function.attr in CLOCK_CALLS or is_time_time:
                lines.append(node.lineno)
        elif isinstance(function, ast.Name) and function.id in CLOCK_CALLS:
            lines.append(node.lineno)
    return lines


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("datetime.now(tz)", [1]),
        ("x = 1\npd.Timestamp.today()", [2]),
        ("time.time()", [1]),
        ("now()", [1]),
        ("time.monotonic(); datetime.time(3, 0); row.time()", []),
    ],
    ids=["datetime", "pandas", "time", "bare-name", "not-a-clock"],
)
def test_clock_reads_are_recognised(source: str, expected: list[int]) -> None:
    assert clock_reads(ast.parse(source)) == expected


def test_only_the_command_line_reads_the_clock() -> None:
    found = [
        f"{path.relative_to(REPOSITORY).as_posix()}:{line}"
        for path in MODULES
        if path != PACKAGE / "cli" / "options.py"
        for line in clock_reads(ast.parse(path.read_text(encoding="utf-8")))
    ]
    for path in sorted(PACKAGE.rglob("*.sql")):
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
            if SQL_CLOCK.search(line.partition("--")[0]):
                found.append(f"{path.relative_to(REPOSITORY).as_posix()}:{number}")
    assert found == []


def test_every_import_is_a_declared_dependency() -> None:
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    declared = {normalised(requirement) for requirement in project["dependencies"]}
    # a module that says in Swedish which extra it needs
    extra_of = {"watching.py": "watch", "paper.py": "pdf"}
    extras = {
        module: {normalised(r) for r in project["optional-dependencies"][extra]}
        for module, extra in extra_of.items()
    }
    distributions = packages_distributions()
    undeclared = {
        f"{path.relative_to(REPOSITORY).as_posix()}: {name}"
        for path in MODULES
        for name in imported_names(ast.parse(path.read_text(encoding="utf-8")))
        if name not in sys.stdlib_module_names
        and name != "est_pipeline"
        and not (declared | extras.get(path.name, set()))
        & {normalised(d) for d in distributions.get(name, [])}
    }
    assert undeclared == set()


def imported_names(tree: ast.AST) -> set[str]:
    """Top-level names of all absolute imports."""
    names = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            names.add(node.module.partition(".")[0])
    return names


def normalised(requirement: str) -> str:
    """The distribution a requirement names, in its canonical spelling."""
    match = re.match(r"[\w.-]+", requirement)
    assert match, requirement
    return re.sub(r"[-_.]+", "-", match[0]).lower()


# --- the README's commands -----------------------------------------------------------------------


def readme_section(heading: str) -> str:
    readme = (REPOSITORY / "README.md").read_text(encoding="utf-8")
    match = re.search(rf"^## {re.escape(heading)}\n(.*?)(?=^## |\Z)", readme, re.M | re.S)
    assert match, f"README.md has no section {heading!r}"
    return match[1]


def shell_blocks(section: str) -> list[str]:
    return re.findall(r"^```sh\n(.*?)^```$", section, re.M | re.S)


@pytest.mark.parametrize("heading", ["Run", "Test"])
def test_readme_section_holds_one_command(heading: str) -> None:
    (block,) = shell_blocks(readme_section(heading))
    assert len(block.splitlines()) == 1


@pytest.mark.parametrize("heading", ["Run", "Test"])
def test_readme_commands_install_from_the_constraints(heading: str) -> None:
    section = readme_section(heading)
    windows = re.findall(r"^```powershell\n(.*?)^```$", section, re.M | re.S)
    blocks = [*shell_blocks(section), *windows]
    assert len(blocks) == 2
    for block in blocks:
        assert "-c .ci/constraints.txt" in block
        assert "-m venv .venv" in block


@pytest.mark.skipif(os.name == "nt", reason=".ci/run is a bash script; Windows uses the README")
def test_ci_runs_the_readme_command() -> None:
    done = subprocess.run(
        ["bash", str(REPOSITORY / ".ci" / "run"), "--show"],
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=True,
    )
    (command,) = shell_blocks(readme_section("Test"))
    assert done.stdout == command


def test_commands_that_the_readme_names_exist(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from est_pipeline.cli import main

    readme = (REPOSITORY / "README.md").read_text(encoding="utf-8")
    commands = set(re.findall(r"(?:^|`|/|\\)est ([a-z]+)", readme, re.MULTILINE))
    assert {"demo", "run"} <= commands
    for command in sorted(commands):
        monkeypatch.setattr(sys, "argv", ["est", command, "--help"])
        code: object
        try:
            code = main()
        except SystemExit as stop:
            code = stop.code
        assert not code, f"README names `est {command}`: {capsys.readouterr()}"


def test_constraints_are_plain_pins() -> None:
    lines = (REPOSITORY / ".ci" / "constraints.txt").read_text(encoding="utf-8").splitlines()
    pins = [line for line in lines if line and not line.startswith("#")]
    assert [line for line in pins if not re.fullmatch(r"[A-Za-z0-9._-]+==[\w.]+", line)] == []
    names = [normalised(line) for line in pins]
    assert names == sorted(set(names))


def test_constraints_pin_every_dependency() -> None:
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    groups = [project["dependencies"], *project["optional-dependencies"].values()]
    wanted = {normalised(requirement) for group in groups for requirement in group}
    lines = (REPOSITORY / ".ci" / "constraints.txt").read_text(encoding="utf-8").splitlines()
    pinned = {normalised(line) for line in lines if line and not line.startswith("#")}
    assert wanted - pinned == {"est-pipeline"}  # the test extra names the notebook extra
