"""What a request brings: a JSON object, or files; neither more than is allowed of it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator
from typing import Any

from fastapi import Request
from fastapi.concurrency import run_in_threadpool
from starlette.datastructures import FormData, Headers
from starlette.datastructures import UploadFile as ReceivedFile
from starlette.formparsers import MultiPartException, MultiPartParser

from documents.intake import safe_name
from documents.limits import read_limit
from documents.loading import MAX_BYTES
from documents.types import Original
from qa.web.rest.problems import Problem

# A question with its history is a few kilobytes; more is a mistake or an attack.
BODY_BYTES = 64 * 1024
# Of one upload: the files, and their bytes together; each file may have what a document may have.
UPLOAD_FILES = 50
UPLOAD_BYTES = 256 * 1024 * 1024
# A body is cut off that has not come in so many seconds, and one more for each so many bytes of it: who
# sends drop by drop would keep others' uploads waiting.
SECONDS = 30
BYTES_A_SECOND = 32 * 1024
# Boundaries and headers of the parts, beside the files themselves.
_PART_BYTES = 4096


async def read_object(request: Request) -> dict[str, Any]:
    """Return the JSON object that the body is; Problem 400 where it is none, 413 where too long."""
    body = b"".join([chunk async for chunk in _limit(request, BODY_BYTES)])
    try:
        fields = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise Problem(
            400,
            "not_json",
            f"请求体不是 UTF-8 的 JSON：{error}\nThe body is not JSON in UTF-8: {error}",
        ) from error
    if not isinstance(fields, dict):
        raise Problem(
            400,
            "not_an_object",
            "请求体是 JSON，但不是对象。\nThe body is JSON, but not an object.",
        )
    return fields


def read_length(headers: Headers) -> int:
    """Return how many bytes the body has as it says itself; 0 where it does not."""
    declared = headers.get("content-length", "")
    return int(declared) if declared.isdecimal() and len(declared) < 20 else 0


async def _limit(request: Request, limit: int) -> AsyncGenerator[bytes, None]:
    """Yield the body; Problem 413 before anything is read where it says that it is too long.

    Problem 408 where it comes too slowly.
    """
    if read_length(request.headers) > limit:
        raise too_large(limit)
    size = 0
    chunks = aiter(request.stream())
    began = asyncio.get_running_loop().time()
    seconds = read_limit("POLICY_QA_MAX_BODY_SECONDS", SECONDS)
    while True:
        try:
            async with asyncio.timeout_at(began + seconds + size / BYTES_A_SECOND):
                chunk = await anext(chunks)
        except StopAsyncIteration:
            return
        except TimeoutError as error:
            raise _too_slow(seconds) from error
        size += len(chunk)
        if size > limit:
            raise too_large(limit)
        yield chunk


def too_large(limit: int) -> Problem:
    """Return the problem of a body that is longer than ``limit`` bytes."""
    return Problem(
        413,
        "too_large",
        f"请求体超过上限 {limit} 字节。\nThe body is limited to {limit} bytes.",
    )


def _too_slow(seconds: int) -> Problem:
    pace = BYTES_A_SECOND // 1024
    return Problem(
        408,
        "too_slow",
        f"请求体传得太慢（{seconds} 秒后平均不足每秒 {pace} KB），已中止。请检查网络，或减少文件后重新上传。\n"
        f"The body came too slowly (below {pace} KB a second on average after {seconds} seconds) and was "
        "cut off; check the network, or upload fewer files.",
        {"Connection": "close"},
    )


class _Parser(MultiPartParser):
    """Knows whether the body was whole: what is cut off would be left out without a word."""

    ended = False

    def on_end(self) -> None:
        self.ended = True


async def read_files(request: Request) -> tuple[Original, ...]:
    """Return the uploaded ``files`` of a multipart body, under names that a file system takes.

    They are kept on disk while the body comes in, and read one after the other in a thread. Problem
    415 where the body is of another kind, 413 where it is too much, 422 where it holds no file.
    """
    if not request.headers.get("content-type", "").lower().startswith("multipart/form-data"):
        raise Problem(
            415,
            "not_multipart",
            "上传应使用 multipart/form-data，字段名 files。\n"
            "Upload as multipart/form-data, in the field files.",
        )
    count = read_limit("POLICY_QA_MAX_UPLOAD_FILES", UPLOAD_FILES)
    size = read_limit("POLICY_QA_MAX_UPLOAD_BYTES", UPLOAD_BYTES)
    stream = _limit(request, size + _PART_BYTES * (count + 1))
    parser = _Parser(request.headers, stream, max_files=count, max_fields=0)
    try:
        form = await parser.parse()
    except MultiPartException as error:
        raise _explain(error, count) from error
    try:
        if not parser.ended:
            raise _cut_off("no closing boundary")
        return await run_in_threadpool(_take, form)
    finally:
        await form.close()


def _explain(error: MultiPartException, count: int) -> Problem:
    if error.message.startswith("Too many files"):
        return Problem(
            413,
            "too_many_files",
            f"一次最多上传 {count} 个文件，可打包成 zip。\n"
            f"At most {count} files are taken at once; put them into a zip file.",
        )
    if error.message.startswith("Too many fields"):
        return _unknown_field()
    return _cut_off(error.message)


def _cut_off(reason: str) -> Problem:
    return Problem(
        400,
        "bad_multipart",
        f"上传内容不完整或格式有误（{reason}），请重新上传。\n"
        f"The upload is cut off or malformed ({reason}); upload again.",
    )


def _unknown_field() -> Problem:
    return Problem(
        422,
        "unknown_field",
        "上传只有一个字段 files，其中是文件。\nAn upload has one field, files, which holds files.",
    )


def _take(form: FormData) -> tuple[Original, ...]:
    limit = read_limit("POLICY_QA_MAX_BYTES", MAX_BYTES)
    originals = []
    for field, file in form.multi_items():
        if field != "files" or not isinstance(file, ReceivedFile):
            raise _unknown_field()
        name = safe_name(file.filename or "")
        if (file.size or 0) > limit:
            raise Problem(
                413,
                "file_too_large",
                f"{name} 有 {file.size} 字节，超过上限 {limit} 字节，请拆分后再上传。\n"
                f"{name} has {file.size} bytes, more than the limit of {limit}; split it first.",
            )
        if name:  # a browser sends a nameless part where nothing was chosen
            originals.append(Original(name, file.file.read()))
            file.file.close()
    if not originals:
        raise Problem(
            422,
            "no_files",
            "没有收到文件，请放在字段 files 中。\nNo file came; use the field files.",
        )
    return tuple(originals)
