"""What the states and commands of the built-in machines are called in Chinese, for their manuals.

English titles are the ids, made readable.
"""

from __future__ import annotations

__all__ = ["FULFILMENT_STATES", "FULFILMENT_WORDS", "RETURN_STATES", "RETURN_WORDS"]

FULFILMENT_STATES = (
    ("planned", "已计划"),
    ("released", "已下发"),
    ("picking", "拣货中"),
    ("packed", "已打包"),
    ("handed_over", "已交运"),
    ("in_transit", "运输中"),
    ("out_for_delivery", "派送中"),
    ("failed", "派送失败"),
    ("returning", "退回途中"),
    ("delivered", "已签收"),
    ("returned", "已退回"),
    ("lost", "已丢失"),
    ("cancelled", "已取消"),
)
FULFILMENT_WORDS = (
    ("fulfilment", "履约单"),
    ("release", "下发"),
    ("cancel", "取消"),
    ("pick", "拣货"),
    ("pack", "打包"),
    ("hand_over", "交运"),
    ("depart", "发运"),
    ("deliver", "签收"),
    ("go_out", "派送"),
    ("lose", "登记丢失"),
    ("fail", "登记派送失败"),
    ("turn_back", "安排退回"),
    ("take_back", "收回"),
    ("open", "待处理"),
    ("under_way", "配送中"),
    ("done", "已完结"),
    ("allocated", "已分配"),
    ("reserved", "已预留"),
    ("picked", "已拣货"),
    ("packed", "已打包"),
    ("shipped", "已发货"),
    ("delivered", "已送达"),
    ("cancelled", "已取消"),
    ("returned", "已退回"),
    ("written_off", "已核销"),
)
RETURN_STATES = (
    ("requested", "已申请"),
    ("expected", "待收货"),
    ("received", "已收货"),
)
RETURN_WORDS = (
    ("return", "退货单"),
    ("authorise", "批准退货"),
    ("receive", "收货验收"),
    ("open", "待处理"),
    ("done", "已完结"),
    ("return_requested", "已申请退货"),
    ("returned", "已退回"),
)
