package io.cmek.operator.crd;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import io.cmek.operator.api.v1alpha1.ReplicaCmek;
import io.cmek.operator.api.v1alpha1.SchemaExtension;
import io.cmek.operator.api.v1alpha1.Workgroup;
import io.fabric8.crd.generator.annotation.AdditionalPrinterColumn;
import io.fabric8.crdv2.generator.CRDGenerator;
import io.fabric8.crdv2.generator.CustomResourceInfo;
import io.fabric8.crdv2.generator.ResolvingContext;
import io.fabric8.crdv2.generator.v1.CustomResourceHandler;
import io.fabric8.kubernetes.api.model.apiextensions.v1.CustomResourceColumnDefinition;
import io.fabric8.kubernetes.api.model.apiextensions.v1.CustomResourceDefinition;
import io.fabric8.kubernetes.api.model.apiextensions.v1.CustomResourceDefinitionVersion;
import io.fabric8.kubernetes.api.model.apiextensions.v1.JSONSchemaProps;
import io.fabric8.kubernetes.api.model.apiextensions.v1.ValidationRule;
import io.fabric8.kubernetes.client.CustomResource;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import io.fabric8.kubernetes.client.utils.YamlDumpSettingsBuilder;
import java.lang.reflect.Field;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** The CRDs as the generator of the fabric8 client makes them out of the API types. */
final class CrdSource {

    private static final List<Class<? extends CustomResource<?, ?>>> KINDS =
            List.of(Workgroup.class, ReplicaCmek.class);

    private static final Pattern QUOTED = Pattern.compile(" '\\{\\{(.+?)}}'");
    private static final Pattern BARE = Pattern.compile(" \\{\\{(.+?)}}");

    /** Plain text in YAML 1.2, which is what the serializer writes; a boolean in YAML 1.1, which is what kubectl reads. */
    private static final Pattern YAML_1_1_BOOLEAN = Pattern.compile("(?m)^(\\s+- )(True|False)$");

    private CrdSource() {}

    /** The CRDs by file name, as {@code crds/} holds them. */
    static Map<String, CustomResourceDefinition> generate() {
        Map<String, CustomResourceDefinition> crds = new TreeMap<>();
        for (Class<? extends CustomResource<?, ?>> kind : KINDS) {
            CustomResourceDefinition crd = generate(kind);
            String name = crd.getMetadata().getName();
            crds.put(CRDGenerator.getOutputName(name, CustomResourceHandler.VERSION) + ".yml", crd);
        }
        return crds;
    }

    static String yaml(CustomResourceDefinition crd) {
        KubernetesSerialization serialization = new KubernetesSerialization(
                new ObjectMapper(),
                false,
                new YamlDumpSettingsBuilder().setMinimizeQuotes(true).build());
        return "# Generated from src/main/java/io/cmek/operator/api: `make crds` writes it again.\n"
                + YAML_1_1_BOOLEAN.matcher(serialization.asYaml(crd)).replaceAll("$1\"$2\"");
    }

    private static CustomResourceDefinition generate(Class<? extends CustomResource<?, ?>> kind) {
        CustomResourceHandler handler = new CustomResourceHandler();
        handler.handle(CustomResourceInfo.fromClass(kind), ResolvingContext.defaultResolvingContext(false));
        CustomResourceDefinition crd = (CustomResourceDefinition)
                handler.finish().findFirst().orElseThrow().getKey();
        for (CustomResourceDefinitionVersion version : crd.getSpec().getVersions()) {
            version.setAdditionalPrinterColumns(inDeclaredOrder(version.getAdditionalPrinterColumns(), kind));
            JSONSchemaProps schema = version.getSchema().getOpenAPIV3Schema();
            schema.setDescription(kind.getAnnotation(SchemaExtension.class).description());
            ParameterizedType resource = (ParameterizedType) kind.getGenericSuperclass();
            complete(schema.getProperties().get("spec"), (Class<?>) resource.getActualTypeArguments()[0]);
            complete(schema.getProperties().get("status"), (Class<?>) resource.getActualTypeArguments()[1]);
            SchemaNode.walk(schema)
                    .forEach(node -> node.schema().getXKubernetesValidations().forEach(CrdSource::showValues));
        }
        return crd;
    }

    /** The generator sorts the columns by their JSON path; people want the order in which they are declared. */
    private static List<CustomResourceColumnDefinition> inDeclaredOrder(
            List<CustomResourceColumnDefinition> columns, Class<?> kind) {
        List<String> declared = Stream.of(kind.getAnnotationsByType(AdditionalPrinterColumn.class))
                .map(AdditionalPrinterColumn::name)
                .toList();
        return columns.stream()
                .sorted(Comparator.comparingInt(column -> declared.indexOf(column.getName())))
                .toList();
    }

    /**
     * Brings what {@link SchemaExtension} says into the schema of a record and of all that it consists of, and puts fields and enum
     * constants into the order in which they are declared: the generator sorts them by name.
     */
    private static void complete(JSONSchemaProps schema, Class<?> type) {
        Map<String, JSONSchemaProps> inDeclaredOrder = new LinkedHashMap<>();
        for (RecordComponent component : type.getRecordComponents()) {
            JSONSchemaProps property = schema.getProperties().get(component.getName());
            inDeclaredOrder.put(component.getName(), property);
            if (component.getType().isEnum()) {
                property.setEnum(
                        texts(Stream.of(component.getType().getEnumConstants()).map(Object::toString)));
            }
            SchemaExtension extra = field(type, component).getAnnotation(SchemaExtension.class);
            if (extra != null) {
                apply(extra, property);
            }
            if (component.getType().isRecord()) {
                complete(property, component.getType());
            } else if (component.getGenericType() instanceof ParameterizedType list
                    && list.getRawType() == List.class
                    && list.getActualTypeArguments()[0] instanceof Class<?> item
                    && item.isRecord()) {
                complete(property.getItems().getSchema(), item);
            }
        }
        schema.setProperties(inDeclaredOrder);
    }

    private static List<JsonNode> texts(Stream<String> values) {
        return values.<JsonNode>map(JsonNodeFactory.instance::textNode).toList();
    }

    private static void apply(SchemaExtension extra, JSONSchemaProps property) {
        if (!extra.listMapKey().isEmpty()) {
            property.setXKubernetesListType("map");
            property.setXKubernetesListMapKeys(List.of(extra.listMapKey()));
        }
        if (extra.set()) {
            property.setXKubernetesListType("set");
        }
        if (extra.values().length > 0) {
            property.setEnum(texts(Stream.of(extra.values())));
        }
        if (!extra.format().isEmpty()) {
            property.setFormat(extra.format());
        }
    }

    /**
     * Turns {@code '{{expression}}'} and {@code {{expression}}} in a message into a message expression. The plain message, without values, is what the
     * API server shows when it cannot show the values, for example because one has a line break.
     */
    private static void showValues(ValidationRule rule) {
        String template = rule.getMessage();
        if (QUOTED.matcher(template).find() || BARE.matcher(template).find()) {
            rule.setMessage(without(BARE, without(QUOTED, template)));
            String values = QUOTED.matcher(template).replaceAll(" '\" + ($1) + \"'");
            rule.setMessageExpression('"' + BARE.matcher(values).replaceAll(" \" + ($1) + \"") + '"');
        }
    }

    private static String without(Pattern placeholder, String template) {
        return placeholder.matcher(template).replaceAll("");
    }

    private static Field field(Class<?> type, RecordComponent component) {
        try {
            return type.getDeclaredField(component.getName());
        } catch (NoSuchFieldException e) {
            throw new IllegalStateException("A record has a field for each of its components", e);
        }
    }
}
