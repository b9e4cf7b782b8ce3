"""A generic netlink family with typed attributes: a thermostat.

Programs find the family ``thermostat`` by its name, set a room's temperature, read one or dump
all, and join the group ``alarms``. What does not keep to the policy - a temperature that is out
of range, a name that is too long, an attribute that is missing - is refused with words.
"""

from emu.linux.errno import EINVAL, EMSGSIZE, ENOENT
from emu.linux.genetlink import (
    GENL_ADMIN_PERM,
    NL_SET_ERR_MSG,
    NL_SET_ERR_MSG_ATTR,
    NLA_NUL_STRING,
    NLA_POLICY_NESTED,
    NLA_POLICY_RANGE,
    NLA_S32,
    NLA_U32,
    genl_family,
    genl_multicast_group,
    genl_ops,
    genl_register_family,
    genl_unregister_family,
    genlmsg_end,
    genlmsg_multicast,
    genlmsg_new,
    genlmsg_put,
    genlmsg_put_reply,
    genlmsg_reply,
    nla_get_s32,
    nla_get_string,
    nla_nest_end,
    nla_nest_start,
    nla_policy,
    nla_put_s32,
    nla_put_string,
    nla_put_u32,
)
from emu.linux.module import MODULE_LICENSE, module_exit, module_init
from emu.linux.netlink import NLM_F_MULTI
from emu.linux.slab import GFP_KERNEL

MODULE_LICENSE("GPL")

CMD_GET, CMD_SET, CMD_RESET, CMD_ALARM = 1, 2, 3, 4
A_ROOM, A_CELSIUS, A_LIMITS = 1, 2, 3
L_LOW, L_HIGH, L_CHANGES = 1, 2, 3
LOW, HIGH, ALARM = -20, 40, 30
ROOM_NAME_MAX = 15

limits_policy = {
    L_LOW: nla_policy(type=NLA_S32),
    L_HIGH: nla_policy(type=NLA_S32),
    L_CHANGES: nla_policy(type=NLA_U32),
}
thermostat_policy = {
    A_ROOM: nla_policy(type=NLA_NUL_STRING, len=ROOM_NAME_MAX),
    A_CELSIUS: NLA_POLICY_RANGE(NLA_S32, LOW, HIGH),
    A_LIMITS: NLA_POLICY_NESTED(limits_policy),
}

rooms = {"hall": 18}
changes = 0


def put_room(skb, room):
    nla_put_string(skb, A_ROOM, room)
    nla_put_s32(skb, A_CELSIUS, rooms[room])
    nest = nla_nest_start(skb, A_LIMITS)
    nla_put_s32(skb, L_LOW, LOW)
    nla_put_s32(skb, L_HIGH, HIGH)
    nla_put_u32(skb, L_CHANGES, changes)
    nla_nest_end(skb, nest)


def thermostat_get(skb, info):
    if not info.attrs[A_ROOM]:
        NL_SET_ERR_MSG(info.extack, "which room?")
        return -EINVAL
    room = nla_get_string(info.attrs[A_ROOM])
    if room not in rooms:
        NL_SET_ERR_MSG_ATTR(info.extack, info.attrs[A_ROOM], "no such room")
        return -ENOENT
    answer = genlmsg_new(128, GFP_KERNEL)
    hdr = genlmsg_put_reply(answer, info, thermostat_family, 0, CMD_GET)
    if not hdr:
        return -EMSGSIZE
    put_room(answer, room)
    genlmsg_end(answer, hdr)
    return genlmsg_reply(answer, info)


def thermostat_dump(skb, cb):
    names = sorted(rooms)
    while cb.args[0] < len(names):
        genlmsg_put(skb, 0, cb.nlh.nlmsg_seq, thermostat_family, NLM_F_MULTI, CMD_GET)
        put_room(skb, names[cb.args[0]])
        cb.args[0] += 1
    return 0


def thermostat_set(skb, info):
    global changes
    if not info.attrs[A_ROOM] or not info.attrs[A_CELSIUS]:
        NL_SET_ERR_MSG(info.extack, "a room and a temperature are needed")
        return -EINVAL
    room = nla_get_string(info.attrs[A_ROOM])
    rooms[room] = nla_get_s32(info.attrs[A_CELSIUS])
    changes += 1
    if rooms[room] >= ALARM:
        sound_alarm(room)
    return 0


def sound_alarm(room):
    skb = genlmsg_new(64, GFP_KERNEL)
    genlmsg_put(skb, 0, 0, thermostat_family, 0, CMD_ALARM)
    nla_put_string(skb, A_ROOM, room)
    nla_put_s32(skb, A_CELSIUS, rooms[room])
    genlmsg_multicast(thermostat_family, skb, 0, 0, GFP_KERNEL)


def thermostat_reset(skb, info):
    rooms.clear()
    return 0


thermostat_family = genl_family(
    name="thermostat",
    version=1,
    maxattr=A_LIMITS,
    policy=thermostat_policy,
    ops=[
        genl_ops(cmd=CMD_GET, doit=thermostat_get, dumpit=thermostat_dump),
        genl_ops(cmd=CMD_SET, doit=thermostat_set),
        genl_ops(cmd=CMD_RESET, doit=thermostat_reset, flags=GENL_ADMIN_PERM),
    ],
    mcgrps=[genl_multicast_group(name="alarms")],
)


@module_init
def thermostat_init():
    return genl_register_family(thermostat_family)


@module_exit
def thermostat_exit():
    genl_unregister_family(thermostat_family)
