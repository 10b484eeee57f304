package main

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/spf13/cobra"

	"github.com/avanter/voki/call"
	"github.com/avanter/voki/examples/selfhosted/config"
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
data directory. Name and role default to those of the user in the configuration. Anybody who has the token acts as that
user until it expires; there is no way to take it back but to change the secret.`,
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
	c.Flags().StringVar(&who.Name, "name", "", "display `name` (default as configured)")
	c.Flags().StringVar(&role, "role", "", "attendant, supervisor, manager or owner (default as configured)")
	c.Flags().DurationVar(&ttl, "ttl", 15*time.Minute, "how `long` it is good for")
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
	if who.Name == "" || who.Role == "" {
		known, err := configured(*who, where)
		if err != nil {
			return fmt.Errorf("--name and --role are needed for a user who is not configured: %w", err)
		}
		who.Name = cmp.Or(who.Name, known.Name)
		who.Role = cmp.Or(who.Role, known.Role)
	}
	if !who.Role.Valid() {
		return fmt.Errorf("--role %q: must be one of %v", who.Role, call.Roles())
	}
	return nil
}

func configured(who call.Actor, where place) (config.User, error) {
	all, err := where.dir().Config(where.config)
	if err != nil {
		return config.User{}, err
	}
	tenant, ok := all.Find(who.Tenant)
	if !ok {
		return config.User{}, fmt.Errorf("there is no tenant %q", who.Tenant)
	}
	user, ok := tenant.User(who.ID)
	if !ok {
		return config.User{}, errors.New("there is no user " + who.ID + " in " + who.Tenant)
	}
	return user, nil
}
