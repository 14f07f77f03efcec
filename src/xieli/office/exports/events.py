"""Acts of taking registers out in bulk."""
from __future__ import annotations

from xieli.engines.ledger import register

register("export.asked", {"export": "ref", "register": "code", "rows": "int", "purpose": "text"}, zh="{by} 申请在后台导出台账 {register} 约 {rows} 条（{export}），用途：{purpose}",
         en="{by} asked for the register {register} to be taken out in the background, about {rows} rows ({export}): {purpose}")
register("export.read", {"export": "ref", "rows": "int"}, zh="后台导出 {export} 代 {by} 读取 {rows} 条（{matters}）", en="The export {export} read {rows} rows for {by} ({matters})")
register("export.ended", {"export": "ref", "state": "code", "rows": "int"}, zh="后台导出 {export} 结束：{state}，共 {rows} 条", en="The export {export} ended: {state}, {rows} rows")
register("export.called_off", {"export": "ref"}, zh="{by} 停止后台导出 {export}", en="{by} called off the export {export}")
register("export.fetched", {"export": "ref", "rows": "int"}, zh="{by} 取走后台导出 {export} 共 {rows} 条", en="{by} took the export {export}, {rows} rows")
