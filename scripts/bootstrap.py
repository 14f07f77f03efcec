"""From a bare Python to a ready `.venv`: `python3 scripts/bootstrap.py run|test`. Standard library only.

Installs the versions of constraints.txt. Uses uv where it is installed (seconds instead of minutes), else pip; both follow
the mirror settings that pip has. What is installed already is left alone, so it works without a network the second time.
"""
import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
EXTRAS = {"run": "", "test": "[dev,er]"}
OLDEST = (3, 11)


def chinese():
    for name in ("XIELI_LANG", "LC_ALL", "LC_MESSAGES", "LANG"):
        if os.environ.get(name):
            return os.environ[name].lower().startswith("zh")
    return False


def pick(zh, en):
    return zh if chinese() else en


def say(zh, en):
    print(pick(zh, en), file=sys.stderr, flush=True)


def stop(zh, en):
    say(zh, en)
    raise SystemExit(1)


def need_python():
    """Go on with a Python that is new enough, or say what to install."""
    if sys.version_info >= OLDEST:
        return
    for minor in range(20, OLDEST[1] - 1, -1):
        other = shutil.which(f"python3.{minor}")
        if other:
            os.execv(other, [other, *sys.argv])
    found = ".".join(map(str, sys.version_info[:2]))
    stop(
        f"需要 Python 3.11 或更新版本，这里是 {found}。Debian/Ubuntu：apt-get install python3.11 python3.11-venv，或设 PYTHON=/路径/python3.12 后重试。",
        f"Python 3.11 or newer is needed; this is {found}. Debian/Ubuntu: apt-get install python3.11 python3.11-venv, or try again with PYTHON=/path/python3.12.",
    )


def make_venv():
    """Make `.venv` unless it works already; one made by a Python that has gone is made anew."""
    if PYTHON.exists() and subprocess.run([PYTHON, "-c", "import pip"], capture_output=True).returncode == 0:
        return
    try:
        import ensurepip  # noqa: F401
        import venv  # noqa: F401
    except ImportError:
        package = f"python3.{sys.version_info[1]}-venv"
        stop(
            f"这个 Python 缺少 venv 模块。请先安装：sudo apt-get install {package}（Fedora 等发行版自带），然后重新运行。",
            f"This Python lacks its venv module. Install it first: sudo apt-get install {package} (other distributions ship it), then run again.",
        )
    say("建立虚拟环境 .venv ……", "Making the virtual environment .venv …")
    made = subprocess.run([sys.executable, "-m", "venv", "--clear", VENV], capture_output=True, text=True)
    if made.returncode != 0:
        stop(f"虚拟环境未能建立：\n{made.stdout}{made.stderr}", f"The virtual environment could not be made:\n{made.stdout}{made.stderr}")


def digest():
    text = (ROOT / "pyproject.toml").read_bytes() + (ROOT / "constraints.txt").read_bytes()
    return hashlib.sha256(text + str(ROOT).encode()).hexdigest()


def pip_mirrors():
    """pip's settings in uv's words: uv does not read pip's configuration, and a mirror set there must not be passed by."""
    listed = subprocess.run([PYTHON, "-m", "pip", "config", "list"], capture_output=True, text=True).stdout
    words = []
    for line in listed.splitlines():
        key, _, value = line.partition("=")
        option = {"index-url": "--index-url", "extra-index-url": "--extra-index-url", "find-links": "--find-links",
                  "trusted-host": "--allow-insecure-host"}.get(key.split(".")[-1])
        if option:
            for part in value.strip().strip("'\"").replace("\\n", " ").split():
                words += [option, part]
    return words


def install(target):
    """Install the project and what it needs; a stamp remembers which versions, so that a second run does nothing."""
    stamps = [VENV / f".xieli-{name}" for name in (["test"] if target == "test" else ["run", "test"])]
    if any(stamp.exists() and stamp.read_text() == digest() for stamp in stamps):
        return
    say("安装依赖（首次约需几分钟）……", "Installing what it needs (a few minutes the first time) …")
    what = ["-c", str(ROOT / "constraints.txt"), "-e", f"{ROOT}{EXTRAS[target]}"]
    uv = shutil.which("uv")
    if uv:
        command = [uv, "pip", "install", "--python", str(PYTHON), "--index-strategy", "unsafe-best-match", *pip_mirrors(), *what]
        if subprocess.run(command).returncode == 0:
            stamps[0].write_text(digest())
            return
        say("uv 未成功，改用 pip。", "uv did not succeed; using pip instead.")
    command = [PYTHON, "-m", "pip", "install", "--disable-pip-version-check", "--progress-bar", "off", *what]
    if not run_with_progress(command):
        stop(
            "依赖未能全部安装（原因见上）。常见原因：没有网络，或需要设置镜像（pip config set global.index-url …）。已装好的部分会保留；解决后重新运行同一命令。",
            "Not everything could be installed (see above). Usual causes: no network, or a mirror is needed (pip config set global.index-url …). "
            "What was installed is kept; mend it and run the same command again.",
        )
    stamps[0].write_text(digest())


def run_with_progress(command):
    """Run pip, showing one moving line instead of hundreds; on failure show its last words. Returns whether it succeeded."""
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    lines, count, terminal = [], 0, sys.stderr.isatty()
    for line in process.stdout:
        lines.append(line)
        if line.startswith(("Collecting ", "Downloading ", "Using cached ", "Installing collected")):
            count += line.startswith("Collecting ")
            shown = f"  {count:3d}  {line.strip()[:70]}"
            if terminal:
                print(f"\r\x1b[K{shown}", end="", file=sys.stderr, flush=True)
            elif (line.startswith("Collecting ") and count % 20 == 0) or line.startswith("Installing"):
                print(shown, file=sys.stderr, flush=True)
    if terminal:
        print("\r\x1b[K", end="", file=sys.stderr, flush=True)
    if process.wait() == 0:
        return True
    print("".join(lines[-15:]), file=sys.stderr)
    return False


def main():
    target = sys.argv[1] if len(sys.argv) > 1 else "run"
    if target not in EXTRAS:
        stop("用法：bootstrap.py run|test", "usage: bootstrap.py run|test")
    need_python()
    make_venv()
    install(target)


main()
