package io.cmek.operator.simulator;

import java.time.Duration;

/** What users and others do in a world. When they do it, and what goes wrong meanwhile, is up to the choices. */
enum Script {
    /** One of two Workgroups on a key is deleted, and its access released. */
    ONE_OF_TWO_IS_RELEASED {
        @Override
        void run(Play play) {
            play.create("first", 1);
            play.create("second", 1);
            play.then(Duration.ofSeconds(30));
            play.delete("first");
            play.then(Duration.ofSeconds(30));
        }
    },

    /** The last one of a key is released. */
    THE_LAST_IS_RELEASED {
        @Override
        void run(Play play) {
            play.create("first", 1);
            play.then(Duration.ofSeconds(30));
            play.delete("first");
            play.then(Duration.ofSeconds(30));
        }
    },

    /** It is deleted, and made again under its name. */
    MADE_AGAIN {
        @Override
        void run(Play play) {
            play.create("orders", 1);
            play.then(Duration.ofSeconds(30));
            play.delete("orders");
            play.then(Duration.ofSeconds(5));
            play.create("orders", 1);
            play.then(Duration.ofSeconds(30));
        }
    },

    /** It is replaced by force, so that nobody cleans up. */
    REPLACED_BY_FORCE {
        @Override
        void run(Play play) {
            play.create("orders", 1);
            play.then(Duration.ofSeconds(30));
            play.forceDelete("orders");
            play.create("orders", 1);
            play.then(Duration.ofSeconds(30));
        }
    },

    /** Somebody takes the operator's statements from a policy while two requests need them. */
    OTHERS_WRITE_THE_POLICY {
        @Override
        void run(Play play) {
            play.create("first", 1);
            play.then(Duration.ofSeconds(30));
            play.othersTakeStatements(1);
            play.create("second", 1);
            play.then(Duration.ofSeconds(90));
            play.delete("first");
            play.then(Duration.ofSeconds(30));
        }
    },

    /** The key is disabled and enabled again. */
    THE_KEY_IS_DISABLED_AND_ENABLED {
        @Override
        void run(Play play) {
            play.create("orders", 1);
            play.then(Duration.ofSeconds(30));
            play.disable(1);
            play.then(Duration.ofMinutes(2));
            play.enable(1);
            play.then(Duration.ofMinutes(2));
        }
    },

    /** Two processes lead at once. */
    TWO_PROCESSES {
        @Override
        void run(Play play) {
            play.startAnother();
            play.create("first", 1);
            play.create("second", 1);
            play.then(Duration.ofSeconds(30));
            play.delete("first");
            play.then(Duration.ofSeconds(30));
        }
    },

    /** A Workgroup and its ReplicaCmek come and go. */
    A_PAIR {
        @Override
        void run(Play play) {
            play.createReplicating("orders", 1);
            play.createReplica("west", "orders", 2);
            play.then(Duration.ofMinutes(2));
            play.delete("west");
            play.delete("orders");
            play.then(Duration.ofMinutes(2));
        }
    },

    /** The processes are restarted again and again, while two requests come. */
    RESTARTS {
        @Override
        void run(Play play) {
            for (String name : new String[] {"first", "second"}) {
                play.create(name, 1);
                play.then(Duration.ofSeconds(1));
                play.restart();
                play.then(Duration.ofSeconds(10));
                play.restart();
            }
            play.then(Duration.ofSeconds(30));
        }
    };

    abstract void run(Play play);
}
