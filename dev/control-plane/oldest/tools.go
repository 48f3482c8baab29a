//go:build tools

// Package controlplane pins the programs of the oldest Kubernetes that the operator supports, so that `go mod tidy` keeps them. Its etcd and
// kubectl are those of the newest.
package controlplane

import (
	_ "k8s.io/kubernetes/cmd/kube-apiserver"
	_ "k8s.io/kubernetes/cmd/kube-controller-manager"
)
