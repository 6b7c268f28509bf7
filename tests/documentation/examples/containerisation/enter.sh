$ lxc exec asab -- /bin/ash
