"""What a process that reads untrusted files may not ask of Linux: a seccomp filter, without a library.

It never needs the network, another program, another process or a file to write. A filter cannot be
taken off again and holds for every thread begun later. Source: Linux, Documentation/userspace-api/
seccomp_filter.rst; numbers from arch/x86/entry/syscalls/syscall_64.tbl.
"""

from __future__ import annotations

import ctypes
import os
import platform
import struct
import sys

# By number, on x86-64 only: nothing else was tried.
_REFUSED = {
    "open for writing": (85, 437),  # creat, openat2
    "change of a folder": (76, 82, 83, 84, 86, 87, 88, 133, 258, 259, 263, 264, 265, 266, 316),
    "change of rights": (90, 92, 94, 260, 268, 452),
    "network": (41, 42, 49, 50, 53),  # socket, connect, bind, listen, socketpair
    "another program": (57, 58, 59, 322),  # fork, vfork, execve, execveat
    "another process": (62, 101, 310, 311, 424, 438),  # kill, ptrace, process_vm_*, pidfd_*
    "the system": (165, 248, 250, 272, 298, 308, 321, 323),  # mount, keys, namespaces, bpf, perf
    "what goes round a filter": (425, 426, 427),  # io_uring
}
_OPEN, _OPENAT = 2, 257
# Makes a process, or a thread where a flag says so; the later one hides its flags in memory, and where
# it is not known the C library takes the earlier one.
_CLONE, _CLONE3 = 56, 435
_CLONE_THREAD = 0x1_0000
_X32 = 0x4000_0000

# Offsets in struct seccomp_data: the number, the architecture, the low halves of three arguments.
_NUMBER, _ARCHITECTURE, _FIRST, _SECOND, _THIRD = 0, 4, 16, 24, 32
_AUDIT_ARCH_X86_64 = 0xC000_003E
# SECCOMP_RET_ALLOW, and SECCOMP_RET_ERRNO with EPERM and with ENOSYS.
_ALLOW, _REFUSE, _UNKNOWN = 0x7FFF_0000, 0x0005_0001, 0x0005_0026
_LOAD, _RETURN = 0x20, 0x06
_EQUAL, _AT_LEAST, _ANY_BIT = 0x15, 0x35, 0x45
_SET_NO_NEW_PRIVS, _SET_SECCOMP, _FILTER = 38, 22, 2


def confine() -> bool:
    """Have Linux refuse (EPERM) what reading a file never needs; return whether it will.

    It will not on another system or processor, nor where seccomp is not offered.
    """
    if sys.platform != "linux" or platform.machine() != "x86_64":
        return False
    program = b"".join(_build())
    buffer = ctypes.create_string_buffer(program, len(program))
    # struct sock_fprog: how many instructions, and where.
    filter = struct.pack("HxxxxxxQ", len(program) // 8, ctypes.addressof(buffer))
    prctl = ctypes.CDLL(None, use_errno=True).prctl
    prctl.argtypes = [ctypes.c_int, *(ctypes.c_ulong,) * 4]
    if prctl(_SET_NO_NEW_PRIVS, 1, 0, 0, 0):
        return False
    held = ctypes.create_string_buffer(filter, len(filter))
    return bool(prctl(_SET_SECCOMP, _FILTER, ctypes.addressof(held), 0, 0) == 0)


def _build() -> list[bytes]:
    """Return the filter's instructions, struct sock_filter each."""
    writing = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC
    refused = [number for numbers in _REFUSED.values() for number in numbers]
    return [
        _instruct(_LOAD, _ARCHITECTURE),
        _instruct(_EQUAL, _AUDIT_ARCH_X86_64, yes=1),
        _instruct(_RETURN, _REFUSE),
        _instruct(_LOAD, _NUMBER),
        *_if(_AT_LEAST, _X32, [_instruct(_RETURN, _REFUSE)]),
        *(i for number in refused for i in _if(_EQUAL, number, [_instruct(_RETURN, _REFUSE)])),
        *_if(_EQUAL, _CLONE3, [_instruct(_RETURN, _UNKNOWN)]),
        *_if(_EQUAL, _CLONE, _choose(_FIRST, _CLONE_THREAD, _ALLOW, _REFUSE)),
        *_if(_EQUAL, _OPEN, _choose(_SECOND, writing, _REFUSE, _ALLOW)),
        *_if(_EQUAL, _OPENAT, _choose(_THIRD, writing, _REFUSE, _ALLOW)),
        _instruct(_RETURN, _ALLOW),
    ]


def _choose(argument: int, bits: int, some: int, none: int) -> list[bytes]:
    """Return ``some`` where the argument has any of the bits, else ``none``."""
    return [
        _instruct(_LOAD, argument),
        *_if(_ANY_BIT, bits, [_instruct(_RETURN, some)]),
        _instruct(_RETURN, none),
    ]


def _if(condition: int, value: int, then: list[bytes]) -> list[bytes]:
    return [_instruct(condition, value, no=len(then)), *then]


def _instruct(code: int, value: int, *, yes: int = 0, no: int = 0) -> bytes:
    return struct.pack("=HBBI", code, yes, no, value)
