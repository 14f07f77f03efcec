"""The API and its description (OpenAPI 3.1). Addresses under /api/v1; rules are in the services, need-to-know in the database."""

from typing import Any

from django.db import IntegrityError
from django.db.utils import DataError, OperationalError
from django.http import HttpRequest, HttpResponse
from ninja import NinjaAPI
from ninja.errors import HttpError, ValidationError
from ninja.openapi.schema import OpenAPISchema

from xieli.engines.ledger import Refused as NotRecorded
from xieli.faces.api import problems, schemas
from xieli.faces.api.cursors import BadCursor
from xieli.faces.api.gate import Bearer, Changed
from xieli.faces.api.routes import handovers, matters, reference, webhooks
from xieli.office.matters.services.errors import Refused

VERSION = "1.0"
ABOUT = """协力的接口：与界面同一套规则、同一知悉范围、同一审计记录。令牌代表一个人或一项服务，范围只会更窄。
Xieli's API: the same rules, the same need-to-know and the same ledger as the screens. A token stands for a person or a service; scopes only narrow.

- 读取内容须带 X-Purpose。 Reading content needs X-Purpose.
- POST 可带 Idempotency-Key：同一个键只办一次。 POST takes Idempotency-Key: one effect per key.
- 更新须带 If-Match。 Updates need If-Match.
- 错误为 application/problem+json，中英文都有。 Errors are application/problem+json in both languages.
- 看不见的与不存在的回答完全相同。 What is hidden and what does not exist answer the same.
"""


class Api(NinjaAPI):
    """Ninja with problem details in its description."""

    def get_openapi_schema(self, **kwargs: Any) -> OpenAPISchema:
        described = super().get_openapi_schema(**kwargs)
        for operations in described["paths"].values():
            for operation in operations.values():
                operation["responses"] = {str(k): v for k, v in operation["responses"].items()}
                for code, response in operation["responses"].items():
                    if int(code) >= 400 and "content" in response:
                        response["content"] = {problems.TYPE: response["content"]["application/json"]}
                        response["description"] = problems.TITLES[int(code)][1]
                    elif int(code) < 400:
                        response["headers"] = {"ETag": {"schema": {"type": "string"}, "required": False}}
                if "get" in operations and operations["get"] is operation and "security" in operation:
                    operation["responses"]["304"] = {"description": "Not modified since the ETag in If-None-Match"}
        return described


api = Api(title="协力 Xieli", version=VERSION, description=ABOUT, auth=Bearer(), docs_url=None, openapi_url="/openapi.json", urls_namespace="api")
for _router in (matters.router, handovers.router, reference.router, webhooks.router):
    api.add_router("", _router)


@api.get("/health", auth=None, response=schemas.Health, operation_id="read_health", summary="服务是否应答 Whether the service answers", tags=["system"])
def read_health(request: HttpRequest) -> Any:
    """Open to everyone who reaches the address; tells nothing else. /readyz says what works."""
    return {"ok": True, "version": VERSION}


@api.exception_handler(Refused)
def _refused(request: HttpRequest, error: Refused) -> HttpResponse:
    return problems.refused(error)


@api.exception_handler(ValidationError)
def _invalid(request: HttpRequest, error: ValidationError) -> HttpResponse:
    return problems.invalid(error.errors)


@api.exception_handler(BadCursor)
def _cursor(request: HttpRequest, error: BadCursor) -> HttpResponse:
    return problems.said("bad_cursor")


@api.exception_handler(Changed)
def _changed(request: HttpRequest, error: Changed) -> HttpResponse:
    return problems.said("changed")


@api.exception_handler(IntegrityError)
def _together(request: HttpRequest, error: IntegrityError) -> HttpResponse:
    """Two handed in the same thing at once; the database kept one."""
    return problems.made(409, "conflict", "别人刚刚先办了这一步，没有做任何改动；请重新读取。", "Someone else took this step first. Nothing was changed; read it again.")


@api.exception_handler(DataError)
def _data(request: HttpRequest, error: DataError) -> HttpResponse:
    """A value that no column can hold."""
    return problems.made(422, "bad_value", "有内容不能保存（过长或含有不允许的字符），没有做任何改动。", "Something cannot be kept (too long, or characters that are not allowed). Nothing was changed.")


@api.exception_handler(OperationalError)
def _busy(request: HttpRequest, error: OperationalError) -> HttpResponse:
    request.xieli_failed = True  # type: ignore[attr-defined]
    return problems.said("busy")


@api.exception_handler(NotRecorded)
def _not_recorded(request: HttpRequest, error: NotRecorded) -> HttpResponse:
    """An act that cannot be written into the ledger is not done."""
    return problems.made(422, "not_recorded", error.zh, error.en)


@api.exception_handler(HttpError)
def _http(request: HttpRequest, error: HttpError) -> HttpResponse:
    return problems.said("no_token" if error.status_code == 401 else "bad_json")


def _no_token(request: HttpRequest, error: Exception) -> HttpResponse:
    return problems.said("no_token")


def _register() -> None:
    from ninja.errors import AuthenticationError

    api.add_exception_handler(AuthenticationError, _no_token)


_register()
