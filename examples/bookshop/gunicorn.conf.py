"""gunicorn bookshop.asgi:application, on four web hosts of eight cores."""

worker_class = "uvicorn.workers.UvicornWorker"
workers = 17  # planted: connection-budget-web
threads = 4
timeout = 120  # planted: gateway-timeout-lattice
max_requests = 2000
max_requests_jitter = 200
preload_app = True
