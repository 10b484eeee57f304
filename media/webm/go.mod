module github.com/avanter/voki/media/webm

go 1.26.0

require (
	github.com/at-wat/ebml-go v0.19.4
	github.com/avanter/voki v0.0.0
	github.com/stretchr/testify v1.12.1
)

require (
	github.com/google/uuid v1.6.0 // indirect
	go.yaml.in/yaml/v3 v3.0.5 // indirect
	golang.org/x/text v0.41.0 // indirect
)

replace github.com/avanter/voki => ../..
