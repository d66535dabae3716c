from django.apps import AppConfig


class Shared(AppConfig):
    name = "smartqueue.web.shared"
    label = "web_shared"
