svc.WebApp.router.add_get('/hello', self.hello)
