module plugins

go 1.19

require (
	github.com/aws/aws-sdk-go v1.44.300
	github.com/docker/docker v1.13.1
	github.com/docker/machine v0.16.2
	github.com/exoscale/egoscale v0.9.23
	github.com/sirupsen/logrus v1.9.3
	golang.org/x/crypto v0.14.0
	golang.org/x/net v0.17.0
	golang.org/x/sys v0.13.0
	golang.org/x/term v0.13.0
)

require (
	github.com/jinzhu/copier v0.4.0 // indirect
	github.com/jmespath/go-jmespath v0.4.0 // indirect
)
