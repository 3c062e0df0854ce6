package api

// Document is the OpenAPI document.
func Document() ([]byte, error) { return nil, nil }
