package config

import _ "embed"

// Example is a commented configuration that works as it stands, for a first start.
//
//go:embed example.yaml
var Example []byte
