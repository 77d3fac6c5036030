"""A replacement for netem: sends packets that are routed to the tun device out of another device, after a delay.

    delay.py TUN DEVICE MILLISECONDS
"""

import fcntl
import os
import select
import socket
import struct
import sys
import time
from collections import deque

TUNSETIFF = 0x400454CA
IFF_TUN = 0x0001
IFF_NO_PI = 0x1000

name, device, delay = sys.argv[1].encode(), sys.argv[2].encode(), float(sys.argv[3]) / 1000
tun = os.open("/dev/net/tun", os.O_RDWR)
fcntl.ioctl(tun, TUNSETIFF, struct.pack("16sH22x", name, IFF_TUN | IFF_NO_PI))
# Bound to the device: routed normally, a packet would come back here.
out = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW)
out.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, device)

waiting = deque()
while True:
    pause = max(0, waiting[0][0] - time.monotonic()) if waiting else None
    if select.select([tun], [], [], pause)[0]:
        packet = os.read(tun, 65535)
        # Ignore IPv6, which looks for routers even if unused.
        if packet[0] >> 4 == 4:
            waiting.append((time.monotonic() + delay, packet))
    while waiting and waiting[0][0] <= time.monotonic():
        packet = waiting.popleft()[1]
        out.sendto(packet, (socket.inet_ntoa(packet[16:20]), 0))
