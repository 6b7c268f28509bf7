def my_function(app):
    app.PubSub.publish("mymessage!", asynchronously=True)
