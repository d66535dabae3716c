from django.apps import AppConfig


class Platform(AppConfig):
    name = "smartqueue.web.platform"
    label = "web_platform"
