# One on each client, for images that Nomad's Docker driver pulls from ECR. In
# the client's configuration:
#
#	plugin "docker" {
#	  config {
#	    volumes { enabled = true }
#	    auth { config = "/var/lib/ecr-login/config.json" }
#	  }
#	}
#
# The image is Dockerfile.scratch's: the program and nothing else.
job "ecr-login" {
  type        = "system"
  datacenters = ["*"]

  group "ecr-login" {
    task "ecr-login" {
      driver = "docker"

      config {
        image      = "registry.example/ecrbox"
        entrypoint = ["/bin/ecr-login"]
        args = [
          "--interval=6h",
          "--auth-file=/ecr-login/config.json",
          "--listen=127.0.0.1:5001",
          "--log-format=json",
        ]

        # The metadata service answers no container behind one more hop.
        network_mode    = "host"
        readonly_rootfs = true
        cap_drop        = ["ALL"]
        security_opt    = ["no-new-privileges"]

        # The directory, not the file, which is replaced as a whole.
        volumes = ["/var/lib/ecr-login:/ecr-login"]
      }

      service {
        name = "ecr-login"

        check {
          type     = "script"
          command  = "/bin/ecr-login"
          args     = ["--check", "--listen=127.0.0.1:5001"]
          interval = "30s"
          timeout  = "5s"
        }
      }

      resources {
        cpu    = 20
        memory = 16
      }
    }
  }
}
