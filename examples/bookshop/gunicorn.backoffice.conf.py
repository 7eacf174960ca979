"""gunicorn bookshop.wsgi:application, the back office on one host."""

worker_class = "sync"
workers = 2  # twin: connection-budget-web
timeout = 30  # twin: gateway-timeout-lattice
