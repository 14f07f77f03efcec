"""An invented province for synthetic registers: codes 99xxxx, names that no real place list holds as a set."""
from __future__ import annotations

from functools import lru_cache

from .gazetteer import Gazetteer, Place

CITIES = "青禾 澄江湾 砚山口 临岚 栖原 云泊 丹渡 松浦"
COUNTIES = "临溪 望岫 采薇 鸣泉 落霞 归雁"
TOWNS = "白石 柳桥 双槐 石埠 古渡 梅冲 长畈 新塘 竹坪 响水 东岭 沙洲"
VILLAGES = "三河 柳湾 大樟 杨家 陈湾 石桥 枫林 上塘 下塘 金鸡 黄泥 朝阳 团结 胜利 红光"
HEADS = ("", "东", "西", "南", "北", "上", "下", "前", "后")


@lru_cache(maxsize=1)
def synthetic_gazetteer() -> Gazetteer:
    """One province, 8 cities, 48 counties, 576 towns, 8,640 villages; names repeat between counties as real ones do."""
    places = [Place("99", "云岭省", "province")]
    for i, city in enumerate(CITIES.split(), 1):
        city_code = f"99{i:02d}"
        places.append(Place(city_code, city + "市", "city", "99"))
        for j, county in enumerate(COUNTIES.split(), 1):
            county_code = f"{city_code}{j:02d}"
            name = (HEADS[i] if i % 3 else "") + county + ("区" if j == 1 else "县")
            places.append(Place(county_code, name, "county", city_code))
            for k, town in enumerate(TOWNS.split(), 1):
                town_code = f"{county_code}{k:03d}"
                head = HEADS[(i * 5 + j + k) % len(HEADS)]
                places.append(Place(town_code, head + town + ("乡" if k % 4 == 0 else "镇"), "town", county_code))
                for m, village in enumerate(VILLAGES.split(), 1):
                    head = HEADS[(i + j * 3 + k * 2 + m) % len(HEADS)]
                    places.append(Place(f"{town_code}{m:03d}", head + village + "村", "village", town_code))
    return Gazetteer(places, prior="99")
