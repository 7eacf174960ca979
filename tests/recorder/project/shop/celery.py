import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "shop.settings")
app = Celery("shop")
broker = os.environ.get("SHOP_BROKER", "")
app.conf.broker_url = "filesystem://"
app.conf.broker_transport_options = {"data_folder_in": broker, "data_folder_out": broker, "control_folder": broker}
app.conf.task_ignore_result = True
app.conf.worker_hijack_root_logger = False


@app.task(name="store.mark")
def mark(text, count):
    from store.marks import run

    run(text, count)
