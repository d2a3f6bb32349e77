# BearSSL as an archive: make -f bearssl.mk SRC= OUT= CC= CFLAGS=
#
# All of it is compiled; the linker takes what the TLS profile of core/net/tls.c
# names. No hidden inputs: entropy and the time are handed in by us, so the
# library's own ways to them are switched off and it fails closed without.
OFF = -DBR_RDRAND=0 -DBR_USE_URANDOM=0 -DBR_USE_GETENTROPY=0 \
    -DBR_USE_UNIX_TIME=0

FILES := $(sort $(wildcard $(SRC)/src/*.c $(SRC)/src/*/*.c))
OBJECTS := $(FILES:$(SRC)/src/%.c=$(OUT)/bearssl/%.o)

$(OUT)/libbearssl.a: $(OBJECTS)
	@echo '  $@'
	@rm -f $@ && ar qcs $@ $^

# The two interpreted state machines, where a handshake spends its time.
FAST = $(OUT)/bearssl/x509/x509_minimal.o $(OUT)/bearssl/ssl/ssl_hs_client.o
$(FAST): SPEED = -O2

# CFLAGS come from the Makefile.
$(OUT)/bearssl/%.o: $(SRC)/src/%.c $(MAKEFILE_LIST) Makefile
	@mkdir -p $(@D)
	@$(CC) $(CFLAGS) $(SPEED) $(OFF) -I$(SRC)/inc -I$(SRC)/src -c -o $@ $<
