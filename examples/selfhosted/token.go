package main

import (
	"cmp"
	"fmt"
	"os"
	"time"

	"github.com/spf13/cobra"

	"github.com/avanter/voki/call"
	"github.com/avanter/voki/examples/selfhosted/datadir"
	"github.com/avanter/voki/httpapi/jwtauth"
)

func newToken() *cobra.Command {
	var where place
	var who call.Actor
	var role string
	var ttl time.Duration
	c := &cobra.Command{
		Use:   "token --tenant SLUG --user ID [--name NAME] [--role ROLE] [--ttl 15m]",
		Short: "Print an access token for a user",
		Long: `Print an access token (a JWT, signed with HS256) on standard output, and nothing else.

It is signed with the first secret of VOKI_JWT_SECRET or, without that, with the one that the server has made in the
data directory. The company must be in the configuration; the user need not, if both name and role are given. Anybody
who has the token acts as that user until it expires; there is no way to take it back but to change the secret.`,
		Example: `  voki token --tenant example --user ana
  voki token --tenant example --user visitor --name "Vera Visitor" --role attendant --ttl 1h
  curl -H "Authorization: Bearer $(voki token --tenant example --user ana)" -H "X-Tenant: example" \
    http://127.0.0.1:4000/api/v1/calls`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			if ttl <= 0 {
				return fmt.Errorf("--ttl %s: must be positive", ttl)
			}
			who.Role = call.Role(role)
			keys, err := where.dir().Secrets(os.Getenv(datadir.SecretVariable), false)
			if err != nil {
				return err
			}
			if err := complete(&who, where); err != nil {
				return err
			}
			auth, err := jwtauth.New(jwtauth.Options{Keys: keys})
			if err != nil {
				return err
			}
			token, err := auth.Sign(who, ttl)
			if err != nil {
				return err
			}
			_, err = fmt.Fprintln(c.OutOrStdout(), token)
			return err
		},
	}
	where.flags(c)
	c.Flags().StringVar(&who.Tenant, "tenant", "", "`slug` of the company")
	c.Flags().StringVar(&who.ID, "user", "", "`id` of the user")
	c.Flags().StringVar(&who.Name, "name", "", "display `name`; without it, the configured one")
	c.Flags().StringVar(&role, "role", "", "the `role`, one of attendant, supervisor, manager, owner; without it, the configured one")
	c.Flags().DurationVar(&ttl, "ttl", 15*time.Minute, "how long it is good for")
	for _, required := range []string{"tenant", "user"} {
		_ = c.MarkFlagRequired(required) // fails only for a flag that there is not
	}
	return c
}

// complete fills what the flags leave out from the configuration, and refuses what no token can bear.
func complete(who *call.Actor, where place) error {
	if !call.ValidID(who.Tenant) || !call.ValidID(who.ID) {
		return fmt.Errorf("--tenant and --user take 1 to %d bytes without white space", call.MaxID)
	}
	all, err := where.dir().Config(where.config, nil)
	if err != nil {
		return err
	}
	tenant, ok := all.Find(who.Tenant)
	if !ok {
		return fmt.Errorf("--tenant %q: the configuration names no such company", who.Tenant)
	}
	if who.Name == "" || who.Role == "" {
		known, ok := tenant.User(who.ID)
		if !ok {
			return fmt.Errorf("--user %q: %s has no such user in the configuration; for another, give both --name and --role",
				who.ID, who.Tenant)
		}
		who.Name = cmp.Or(who.Name, known.Name)
		who.Role = cmp.Or(who.Role, known.Role)
	}
	if !who.Role.Valid() {
		return fmt.Errorf("--role %q: must be one of %v", who.Role, call.Roles())
	}
	return nil
}
