./sample_app.py -c ./etc/sample.conf
