from types import ModuleType
from typing import Any

def adapt(httpx: ModuleType) -> Any: ...
