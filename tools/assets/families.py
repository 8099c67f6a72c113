"""Hand-made families of look-alike characters: common knowledge of anyone who teaches writing.

Every pair inside a family is a candidate; the builder drops the pairs that the official ROSE v0.1
metadata uses and those that a face draws alike.
"""

FAMILIES = """
己已巳 戊戌戍戎戒 田由甲申电 木本末未术 大太犬尤 哀衷衰 赢嬴羸 土士 日曰目 人入八 干千于 刀力刃
天夭夫 午牛矢 贝见 儿几 厂广 九丸 王玉主 小少 水永 月用 乌鸟 今令 斤斥 兵乒乓 免兔 洒酒 折拆析
拔拨 侯候 拢扰 幻幼 仑仓 辛幸 享亨 毫豪 遂逐 卯卵 住往佳 侍待 治冶 冷泠 准淮 凉谅 肓盲 肆肄
茶荼 茎荃 崇祟 徒徙 戴载 撤撒 抡抢 沦沧 沾沽 泪泊 汨汩 沐沭 泯氓 泄泻 券卷 帅师 陈阵 陡徒
徽微 衍愆 侥饶 浇挠 祁祈 祗祇 祝视 袒祖 桅跪 枚牧 析柝 杳杏 查杳 柬束 棘辣 棵裸 梁粱 暮幕墓慕
慨概 摄慑 楞愣 榖毂 毁毅 沏彻 洛络 酪赂 涣换 涎诞 淅浙 渴喝 溢滋 漫慢 熬傲 燥躁噪澡操 爪瓜
瓦互 瓶瓿 畏喂 皿血 盆盒 盂孟 睛晴 睹赌 瞻赡 砾烁 磨摩魔 秦泰奉 秤枰 窃窍 竞竟 竿芋 笔毛 筒简
管菅 籍藉 粟栗 糖搪 紊素索 絮紫 缀掇 缓暖 羔恙 翟瞿 耍要 耽眈 聘骋 肋助 育肓 胁协 脉泳 脚却
腊蜡 腹履 臂璧壁擘 臼白 舀臽 舟丹 船般 艮良 芒茫 苟荀 苑宛 茅矛 莫莫 荧萤莹 莱菜 蒿嵩 蔑篾
虑虚 蚌蛘 蛋疍 裁栽载 褒裹裏 褥缛 询洵 诀决 诏沼 谄陷 谒竭 谚颜 豚逐 贪贫 贷货 贸贺 赈账 赊余
赎续 赝雁 趁趋 辍缀 辨辩辫瓣 迁迂 迢迥迴 迫追 述术 逍遥 逊孙 途涂 遣遗 遭曹 邦帮 郁都 郊效 酌酎
释译 钓钩钧 钗钦 铃铪 银恨 锡踢 键健 镜境 阂阁 闩闪 闭闲 阔阖 陪倍赔 陷馅 隋随 隐稳 雎睢 霄宵
靖倩 韦伟 颈颌 颁领 飘漂 饿饥 馁绥 骄娇 驰弛 骚搔 骤聚 鬼兔 魁魅 鲁鲜 鸣呜鸡 鸥欧 麦夌 黍柔 黑墨
齐斋 龟电 与写 丐丏 丈仗 丢去 乏之 亢元 亦赤 代伐 仓仑 伎技枝 传转 伺饲 侦债 侨桥 俞前 倾顷 偏遍
傍榜 儒孺 兑说 公分 冒昌 冠寇 冢家 减咸 刊判 刑形 剌刺 剔踢 勺匀 匈凶 匕七 卑碑 历厉 厕侧 厢箱
叉又 叨叼 叮盯 召台 吏史 吐叶 吓虾 吝齐 吟呤 否杏 吾悟 呆杲 味昧 咀阻 咏泳 哗华 唤换 唯准 啄琢 喙
圆园 坏环怀 坑炕抗 坡玻坂 坯坏 埋理 培陪 堕坠 墙蔷 壶壸 处外 夕歹 妒炉 妨防 娃蛙 婉碗 孑孓子
孤弧狐 宣宜 宫官 寒塞赛 寓遇 对时 尔你 屈届 岂凯 峙恃 崖涯 巨臣 币市 帐账胀 庆厌 库军 庭廷 弟第
弦玄 归旧 彩采 径经 得碍 忆亿 忌忘 忍忽 怕拍 怜冷 性姓 恃特 恍晃 恬括 悍捍 惧俱 愤喷 慎填 懒赖
扫归 扬场 抑仰 抓狐 护沪 披坡 抬怡 抵低 拙绌 招沼 拣炼 挤济 捎梢 捐娟 授受 掉悼 探深 援缓 搏博
"""


def families() -> list[str]:
    """The families as strings of at least two distinct characters."""
    groups = ("".join(dict.fromkeys(word)) for word in FAMILIES.split())
    return [group for group in groups if len(group) > 1]
