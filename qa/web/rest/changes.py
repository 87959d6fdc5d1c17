"""REST: changes of the library. Each is a job, which is begun here, watched and stopped."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import Any

from fastapi import APIRouter, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import Response

from qa.errors import RequestError
from qa.web.jobs import Job, Jobs, write_job
from qa.web.resources import Resources
from qa.web.rest.bodies import read_files, read_object
from qa.web.rest.events import Say, respond
from qa.web.rest.holdings import get_document
from qa.web.rest.models import JobList, JobView
from qa.web.rest.openapi import DocumentId, JobId, describe_body, describe_events, describe_response
from qa.web.rest.problems import PlainResponse, Problem

# Uploads read at once; what comes beside them is left unread until one of them is in.
READING = 2

_UPLOAD = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": ["files"],
                    "additionalProperties": False,
                    "properties": {
                        "files": {
                            "type": "array",
                            "minItems": 1,
                            "items": {
                                "type": "string",
                                "contentMediaType": "application/octet-stream",
                            },
                        }
                    },
                }
            }
        },
    }
}
_STARTED: dict[int | str, dict[str, Any]] = {202: describe_response(JobView, "The job, begun")}


def build_changes(resources: Resources) -> APIRouter:
    """Return the routes that change the library."""
    routes = APIRouter(tags=["changes"])
    reading = asyncio.Semaphore(READING)

    @routes.post(
        "/documents",
        status_code=202,
        operation_id="add_documents",
        responses=_STARTED,
        openapi_extra=_UPLOAD,
    )
    async def add_documents(request: Request) -> Response:
        """Add documents, or zip files of documents, to the library."""
        jobs = get_jobs(resources)
        async with reading:
            originals = await read_files(request)
        return tell(await run_in_threadpool(jobs.start_add, originals))

    @routes.delete(
        "/documents/{id}", status_code=202, operation_id="remove_document", responses=_STARTED
    )
    async def remove_document(id: DocumentId) -> Response:
        """Remove a document from the library."""
        jobs = get_jobs(resources)
        get_document(await resources.open_index(), id)
        return tell(await run_in_threadpool(jobs.start_remove, [id]))

    @routes.patch(
        "/documents/{id}",
        status_code=202,
        operation_id="correct_document",
        responses=_STARTED,
        openapi_extra=describe_body("Patch", {"metadata": {"kind": "行动方案"}}),
    )
    async def correct_document(id: DocumentId, request: Request) -> Response:
        """Correct metadata of a document; the original stays as it is."""
        jobs = get_jobs(resources)
        fields = await read_object(request)
        if set(fields) != {"metadata"} or not isinstance(fields["metadata"], dict):
            raise RequestError(
                "bad_metadata",
                '请求应为 {"metadata": {"字段": "值"}}。',
                'The request must be {"metadata": {"field": "value"}}.',
            )

        get_document(await resources.open_index(), id)
        return tell(await run_in_threadpool(jobs.start_correct, id, fields["metadata"]))

    @routes.post(
        "/index/rebuild", status_code=202, operation_id="rebuild_index", responses=_STARTED
    )
    def rebuild_index() -> Response:
        """Build the index anew from the originals, where it is damaged."""
        return tell(get_jobs(resources).start_rebuild())

    @routes.get(
        "/jobs",
        operation_id="list_jobs",
        responses={200: describe_response(JobList, "The jobs, newest first")},
    )
    def list_jobs() -> Response:
        """List the changes that wait or run, and the last few that ended; a job alone has its audits."""
        jobs = get_jobs(resources).list()
        return PlainResponse({"jobs": [write_job(job, audits=False) for job in jobs]})

    @routes.get(
        "/jobs/{id}",
        operation_id="read_job",
        responses={200: describe_response(JobView, "The job as it stands")},
    )
    def read_job(id: JobId) -> Response:
        """Return a job as it stands."""
        return PlainResponse(write_job(get_job(get_jobs(resources), id)))

    @routes.get(
        "/jobs/{id}/events",
        operation_id="follow_job",
        responses={
            200: {
                "description": "The job whenever it has changed, until it has ended",
                **describe_events("Events `job`, each the whole job as JSON."),
            }
        },
    )
    async def follow_job(id: JobId) -> Response:
        """Follow a job until it has ended, as server-sent events."""
        jobs = get_jobs(resources)
        get_job(jobs, id)
        return respond(partial(say_job, jobs, id))

    @routes.delete(
        "/jobs/{id}",
        operation_id="cancel_job",
        responses={200: describe_response(JobView, "The job, told to stop")},
    )
    def cancel_job(id: JobId) -> Response:
        """Stop a job; 409 where it is too late."""
        jobs = get_jobs(resources)
        get_job(jobs, id)
        if not jobs.cancel(id):
            raise Problem(
                409,
                "too_late",
                "任务已结束，或已到不能停止的阶段。\nThe job has ended, or can no longer be stopped.",
            )
        return PlainResponse(write_job(get_job(jobs, id)))

    return routes


def get_jobs(resources: Resources) -> Jobs:
    """Return the jobs; Problem 403 where the library may not be changed."""
    if resources.jobs is None:
        raise Problem(
            403,
            "read_only",
            "此服务不允许更改文档库；可用 python -m index add|remove 更改。\n"
            "This server does not let the library be changed; use python -m index add|remove.",
        )
    return resources.jobs


def get_job(jobs: Jobs, id: str) -> Job:
    """Return a job; Problem 404 where it is not known (any more)."""
    job = jobs.get(id)
    if job is None:
        raise Problem(
            404,
            "job_not_found",
            f"没有任务 {id!r}，或早已结束。\nThere is no job {id!r} (any more).",
        )
    return job


def say_job(jobs: Jobs, id: str, say: Say) -> None:
    """Say the job whenever there is news of it, until it has ended."""
    for job in jobs.follow(id):
        say("job", write_job(job))


def tell(job: Job) -> Response:
    """Return that a job was begun, and where to watch it."""
    return PlainResponse(write_job(job), 202, headers={"Location": f"/api/v1/jobs/{job.id}"})
