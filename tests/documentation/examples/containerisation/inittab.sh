$ sed -i 's/^tty/# tty/g' /etc/inittab
