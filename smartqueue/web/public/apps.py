from django.apps import AppConfig


class Public(AppConfig):
    name = "smartqueue.web.public"
    label = "web_public"
