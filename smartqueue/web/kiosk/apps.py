from django.apps import AppConfig


class Kiosk(AppConfig):
    name = "smartqueue.web.kiosk"
    label = "web_kiosk"
