from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('matters', '0007_same_person'),
    ]

    operations = [
        migrations.AddIndex(
            model_name='matter',
            index=models.Index(fields=['number'], name='matter_number'),
        ),
        migrations.AddIndex(
            model_name='matter',
            index=models.Index(fields=['opened_at', 'id'], name='matter_newest'),
        ),
    ]
