subscriber = asab.Subscriber(
    app.PubSub,
    "Application.tick!",
    "Application.stop!"
)
