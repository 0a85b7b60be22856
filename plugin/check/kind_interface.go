package check

import (
	"context"
	"net"
)

func (a *agent) lookInterface(_ context.Context, t Test) facts {
	i, err := net.InterfaceByName(t.text("name"))
	return facts{found: map[string]func() (any, error){
		"exists": constant(err == nil),
		"addrs": func() (any, error) {
			if err != nil {
				return nil, err
			}
			addrs, err := i.Addrs()
			all := []string{}
			for _, one := range addrs {
				all = append(all, one.String())
			}
			return all, err
		},
		"mtu": func() (any, error) {
			if err != nil {
				return nil, err
			}
			return i.MTU, nil
		},
	}}
}
