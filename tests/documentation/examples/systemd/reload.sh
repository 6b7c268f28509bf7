$ sudo systemctl daemon-reload
