// validatorUrl is off: the page must call nobody but the service it came from.
SwaggerUIBundle({ url: "/openapi.yaml", dom_id: "#swagger-ui", deepLinking: true, validatorUrl: null });
