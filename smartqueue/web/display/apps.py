from django.apps import AppConfig


class Display(AppConfig):
    name = "smartqueue.web.display"
    label = "web_display"
