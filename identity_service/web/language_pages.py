"""Choosing the language of pages: the form in the layout, and a cookie that keeps the choice."""

from flask import Response, request

from identity_service.web.languages import PageBlueprint, remember_language
from identity_service.web.pages import HOME, local_path, pages, see_other


def languages_blueprint(*, secure: bool) -> PageBlueprint:
    """``POST /language``: keep the choice and go back to the page it was made on.

    Anybody may send it from anywhere: all that it can do is show somebody their own pages in the other language.
    """
    routes = pages("language", __name__, multilingual=True)

    @routes.post("/language")
    def choose() -> Response:
        back = see_other(local_path(request.form.get("next"), HOME))
        return remember_language(back, request.form.get("language", ""), secure=secure)

    return routes
