from django.apps import AppConfig


class Manage(AppConfig):
    name = "smartqueue.web.manage"
    label = "web_manage"
