"""Chinese words for the groups and subgroups of Unicode's emoji list (``h2_label``, ``h3_title``).

The release labels its emoji in Chinese. These words are ours; the keys are the group names of
emojibase (Unicode's ``emoji-test.txt``).
"""

from __future__ import annotations

GROUPS = {
    "smileys-emotion": "笑脸和情感",
    "people-body": "人物和身体",
    "component": "肤色和发型",
    "animals-nature": "动物和自然",
    "food-drink": "食物和饮料",
    "travel-places": "旅行和地点",
    "activities": "活动",
    "objects": "物品",
    "symbols": "符号",
    "flags": "旗帜",
}

_SUBGROUPS = """
alphanum=字母数字 animal-amphibian=两栖动物 animal-bird=鸟类 animal-bug=虫类 animal-mammal=哺乳动物
animal-marine=水生动物 animal-reptile=爬行动物 arrow=箭头 arts-crafts=艺术和手工 av-symbol=影音符号
award-medal=奖牌 body-parts=身体部位 book-paper=书籍和纸张 cat-face=猫脸 clothing=服饰
computer=电脑 country-flag=国旗 currency=货币 dishware=餐具 drink=饮料 emotion=情绪 event=节庆
face-affection=喜爱的脸 face-concerned=担忧的脸 face-costume=装扮的脸 face-glasses=戴眼镜的脸
face-hand=带手的脸 face-hat=戴帽的脸 face-negative=生气的脸 face-neutral-skeptical=平淡怀疑的脸
face-sleepy=困倦的脸 face-smiling=微笑的脸 face-tongue=吐舌的脸 face-unwell=不适的脸 family=家庭
flag=旗子 food-asian=亚洲食物 food-fruit=水果 food-prepared=熟食 food-sweet=甜食
food-vegetable=蔬菜 game=游戏 gender=性别 geometric=几何图形 hair-style=发型
hand-fingers-closed=握拳的手 hand-fingers-open=张开的手 hand-fingers-partial=部分手指
hand-prop=手与物 hand-single-finger=单指手势 hands=双手 heart=爱心 hotel=酒店 household=家居
keycap=键帽 light-video=灯光和影像 lock=锁和钥匙 mail=邮件 math=数学 medical=医疗 money=钱币
monkey-face=猴脸 music=音乐 musical-instrument=乐器 office=办公 other-object=其他物品
other-symbol=其他符号 person=人 person-activity=人物活动 person-fantasy=幻想人物
person-gesture=人物动作 person-resting=休息的人 person-role=人物职业 person-sport=运动的人
person-symbol=人形符号 phone=电话 place-building=建筑 place-geographic=地形 place-map=地图
place-other=其他地点 place-religious=宗教场所 plant-flower=花 plant-other=其他植物
punctuation=标点 religion=宗教 science=科学 skin-tone=肤色 sky-weather=天空和天气 sound=声音
sport=运动 subdivision-flag=地区旗帜 time=时间 tool=工具 transport-air=空中交通
transport-ground=陆地交通 transport-sign=交通标志 transport-water=水上交通 warning=警告
writing=书写 zodiac=星座
"""
SUBGROUPS = dict(pair.split("=") for pair in _SUBGROUPS.split())
