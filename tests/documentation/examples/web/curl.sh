$ curl http://localhost:8080/hello
Hello!
