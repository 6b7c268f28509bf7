message = "Hello World!"
await broker.publish(message, target="example")
