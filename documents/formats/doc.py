"""Old Word documents (.doc), and RTF: converted to docx by LibreOffice, where that is installed."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
from dataclasses import replace
from pathlib import Path

from documents.errors import LoadError
from documents.formats.docx import read_docx
from documents.types import Source

# A document of a thousand pages takes half a minute, the first start of LibreOffice ten seconds.
_MAX_SECONDS = 180
_PROGRAMS = (
    "soffice",
    "libreoffice",
    "/Applications/LibreOffice.app/Contents/MacOS/soffice",
    r"C:\Program Files\LibreOffice\program\soffice.exe",
    r"C:\Program Files (x86)\LibreOffice\program\soffice.exe",
)
# A document's macros must not run, and what it links to must not be fetched.
_PROFILE = """<?xml version="1.0" encoding="UTF-8"?>
<oor:items xmlns:oor="http://openoffice.org/2001/registry">
<item oor:path="/org.openoffice.Office.Common/Security/Scripting">
<prop oor:name="DisableMacrosExecution" oor:op="fuse"><value>true</value></prop>
<prop oor:name="BlockUntrustedRefererLinks" oor:op="fuse"><value>true</value></prop>
</item>
</oor:items>
"""
_OLE2 = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_RTF = b"{\\rtf"


def read_doc(data: bytes, *, where: str) -> Source:
    """Return the source of a .doc or .rtf file.

    Raises LoadError, which names ``where``, where LibreOffice is not installed or cannot read the
    file, and where the file is encrypted or something else than Word wrote.
    """
    _check(data, where=where)
    program = next(filter(None, map(shutil.which, _PROGRAMS)), None)
    if program is None:
        raise LoadError(
            where,
            "这是旧版 Word 文件（doc），读取它需要 LibreOffice，而本机没有安装。请安装 LibreOffice，"
            "或用 Word 另存为 docx 后再添加。",
            "this is an old Word file (doc), which LibreOffice has to convert, and it is not "
            "installed here. Install LibreOffice, or save the file as docx in Word.",
        )
    return replace(read_docx(_convert(program, data, where=where), where=where), format="doc")


# --- what the file is -----------------------------------------------------------------------------


def _check(data: bytes, *, where: str) -> None:
    if data.startswith(_RTF):
        return
    if not data.startswith(_OLE2):
        raise LoadError(
            where,
            "不是 Word 文件，请提供 doc 或 docx 文件。",
            "not a Word file; supply a doc or docx file.",
        )
    if _has_stream(data, "EncryptedPackage"):
        raise LoadError(
            where,
            "文件受密码保护，无法读取。请在 Word 中解除密码后再添加。",
            "the file is protected by a password; remove it in Word first.",
        )
    if not _has_stream(data, "WordDocument"):
        raise LoadError(
            where,
            "不是 Word 文件（可能是 Excel、PowerPoint 或安装程序）。请提供 doc、docx 或 pdf 文件。",
            "not a Word file (perhaps Excel, PowerPoint or an installer); supply a doc, docx or pdf "
            "file.",
        )


def _has_stream(data: bytes, name: str) -> bool:
    """Whether a compound file's directory has an entry of that name.

    An entry begins with its name, in UTF-16, and every entry at a multiple of 128 bytes.
    """
    entry = f"{name}\0".encode("utf-16-le")
    position = data.find(entry)
    while position >= 0 and position % 128:
        position = data.find(entry, position + 1)
    return position >= 0


# --- conversion -----------------------------------------------------------------------------------


def _convert(program: str, data: bytes, *, where: str) -> bytes:
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as name:
        folder = Path(name)
        # A profile of its own, so that an open LibreOffice neither disturbs nor is disturbed.
        profile = folder / "profile"
        (profile / "user").mkdir(parents=True)
        (profile / "user" / "registrymodifications.xcu").write_text(_PROFILE, encoding="utf-8")
        source = folder / "source.doc"
        source.write_bytes(data)
        command = (
            program,
            f"-env:UserInstallation={profile.as_uri()}",
            "--headless",
            "--norestore",
            "--convert-to",
            "docx",
            "--outdir",
            str(folder),
            str(source),
        )
        _run(command, where=where)
        try:
            return (folder / "source.docx").read_bytes()
        except FileNotFoundError as error:
            raise LoadError(
                where,
                "LibreOffice 无法打开这个文件（可能已损坏或受密码保护）。请用 Word 打开并另存为 docx。",
                "LibreOffice cannot open the file (it may be damaged or protected by a password); "
                "open it in Word and save it as docx.",
            ) from error


def _run(command: tuple[str, ...], *, where: str) -> None:
    try:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
    except OSError as error:
        raise LoadError(
            where,
            f"无法启动 LibreOffice（{error}）。请检查安装，或用 Word 另存为 docx。",
            f"LibreOffice cannot be started ({error}); check its installation, or save the file as "
            "docx in Word.",
        ) from error
    try:
        process.wait(_MAX_SECONDS)
    except subprocess.TimeoutExpired as error:
        raise LoadError(
            where,
            f"LibreOffice 转换超过 {_MAX_SECONDS} 秒，已停止。请用 Word 另存为 docx。",
            f"LibreOffice took more than {_MAX_SECONDS} seconds and was stopped; save the file as "
            "docx in Word.",
        ) from error
    finally:
        _stop(process)


def _stop(process: subprocess.Popen[bytes]) -> None:
    """End what is still running: the program is a script that starts others."""
    if process.poll() is None:
        if os.name == "posix":
            os.killpg(process.pid, signal.SIGKILL)
        else:
            process.kill()
        process.wait()
