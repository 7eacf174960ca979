from django.urls import path

from . import api, checkout, views

urlpatterns = [
    path("", views.OrderList.as_view(), name="orders"),
    path("eager/", views.OrderListEager.as_view()),
    path("invoices/", views.invoices),
    path("invoices-joined/", views.invoices_joined),
    path("unpaid/", views.unpaid),
    path("unpaid-joined/", views.unpaid_joined),
    path("page/<str:number>/", views.OrderPage.as_view(), name="order"),
    path("page-joined/<str:number>/", views.OrderPageJoined.as_view()),
    path("receipt/<str:number>/", views.receipt),
    path("shipments/", views.ShipmentList.as_view()),
    path("shipments-joined/", views.ShipmentListJoined.as_view()),
    path("new/", views.NewOrder.as_view()),
    path("new-joined/", views.NewOrderJoined.as_view()),
    path("history/", views.history),
    path("history-prefetched/", views.history_prefetched),
    path("history-kinds/", views.history_kinds),
    path("history-kinds-cached/", views.history_kinds_cached),
    path("events/", views.events),
    path("events/recent/", views.recent_events),
    path("events/page/", views.event_page),
    path("events/after/", views.event_page_without_count),
    path("lines/page/", views.line_page),
    path("pay/<str:number>/", checkout.pay),
    path("pay-after-commit/<str:number>/", checkout.pay_after_commit),
    path("api/orders/", api.OrderListView.as_view()),
    path("api/orders-eager/", api.OrderListViewEager.as_view()),
    path("api/lines/", api.LineImportView.as_view()),
    path("api/lines-by-key/", api.LineImportByKeyView.as_view()),
]
